"""An account whose nights bring each kind of change that history can hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aegis_etl.lake.manifest import Kind
from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, SyncSummary, run_sync

DELETES_ON = 2
RESTORES_ON = 3


class PublishedAccount:
    """A served world, a data directory, and the settings that publish it to Iceberg.

    Attributes:
        extra: those settings, by field name.
    """

    def __init__(self, sandbox: Sandbox, root: Path, **settings: Any) -> None:
        self.sandbox = sandbox
        self.world: World = sandbox.world
        self.data_dir = DataDir(root)
        self.extra = settings

    @property
    def warehouse(self) -> Path:
        """The published warehouse."""
        return self.data_dir.warehouse

    def settings(self, **changes: Any) -> Settings:
        """Settings that lead to the account, with changes for one sync."""
        values = {
            "api_key": self.sandbox.api_key,
            "base_url": self.sandbox.base_url,
            "data_dir": self.data_dir.root,
            **self.extra,
            **changes,
        }
        return Settings(_env_file=None, **values)

    def live_night(self, kind: Kind | None = None, **changes: Any) -> SyncSummary:
        """Syncs at the world's time; then the world lives until the next night.

        In one of them a run is deleted, and a dataset with all that it has; later the dataset is
        back. If no kind is asked for, only the nights that need it sync all: the others draw no
        report.
        """
        kind = kind or ("full" if self.world.night in {0, DELETES_ON + 1} else "active")
        summary = run_sync(self.settings(**changes), SyncRequest(kind), now=self.world.now)
        if self.world.night == DELETES_ON:
            first, second, *_ = self.world.dataset_ids(dataset_type_id=1)
            self.world.delete_dataset(first)
            self.world.delete_run(second, self.world.run_ids(second)[0])
        if self.world.night == RESTORES_ON:
            self.world.restore_dataset(self.world.deleted_ids()[0])
        self.world.live_night()
        return summary


@contextmanager
def published_account(root: Path, **settings: Any) -> Iterator[PublishedAccount]:
    """Serves a small account; the settings name an Iceberg catalog, or none."""
    world = World(datasets=6, records=4, metrics=2, runs=2, proprietary=0)
    with Sandbox(world) as sandbox:
        yield PublishedAccount(sandbox, root, **settings)
