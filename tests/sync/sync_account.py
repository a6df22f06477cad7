"""An emulated account and the data directory that it is synced into."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from hasty_clock import HastyClock

from aegis_etl.lake.manifest import Manifest, read_manifest
from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, SyncSummary, run_sync

TABLES = ("datasets", "records", "runs", "evaluations")


class SyncedAccount:
    """A served world, a data directory, and the syncs between them.

    Args:
        root: the data directory.
        settings: of all syncs, by field name.
    """

    def __init__(self, sandbox: Sandbox, root: Path, **settings: Any) -> None:
        self.sandbox = sandbox
        self.world: World = sandbox.world
        self.data_dir = DataDir(root)
        self._settings = settings

    def settings(self, **changes: Any) -> Settings:
        """Settings that lead to the sandbox, with changes for one sync."""
        values = {
            "api_key": self.sandbox.api_key,
            "base_url": self.sandbox.base_url,
            "data_dir": self.data_dir.root,
            **self._settings,
            **changes,
        }
        return Settings(_env_file=None, **values)

    def sync(
        self,
        kind: str = "full",
        *,
        faults: Faults | None = None,
        now: datetime | None = None,
        dataset_ids: tuple[int, ...] = (),
        allow_mass_delete: bool = False,
        reflatten: bool = False,
        **changes: Any,
    ) -> SyncSummary:
        """One sync at the world's time, with these faults."""
        self.sandbox.faults = faults or Faults()
        request = SyncRequest(kind, dataset_ids, reflatten, allow_mass_delete)
        when = now or self.world.now
        return run_sync(self.settings(**changes), request, now=when, clock=HastyClock())

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """The answer of the published warehouse."""
        return ask(self.data_dir, question, *values)

    def asked(self) -> list[str]:
        """The paths asked for since the last call."""
        log = self.sandbox.log
        seen, self._seen = getattr(self, "_seen", 0), len(log)
        return [served.path for served in log[seen:]]

    def manifest(self, sync_id: str) -> Manifest:
        """The manifest of a sync."""
        return read_manifest(self.data_dir.lake_of(sync_id) / "manifest.json")


def ask(data_dir: DataDir, question: str, *values: object) -> list[tuple[Any, ...]]:
    """The answer of a data directory's published warehouse, over a connection of its own."""
    with duckdb.connect(data_dir.warehouse.resolve(), read_only=True) as connection:
        return connection.execute(question, list(values)).fetchall()


def main_rows(data_dir: DataDir) -> dict[str, list[str]]:
    """Everything that is true now, in an order of its own."""
    return {
        table: sorted(str(row) for row in ask(data_dir, f"select * from main.{table}"))
        for table in (*TABLES, "dataset_metrics")
    }


def history_rows(data_dir: DataDir) -> dict[str, list[str]]:
    """Every version ever seen, without the times and syncs that brought it."""
    question = (
        "select * exclude (_valid_from, _valid_to, _sync_id), _valid_to is null from history.{}"
    )
    return {
        table: sorted(str(row) for row in ask(data_dir, question.format(table)))
        for table in (*TABLES, "evaluated_runs")
    }


@contextmanager
def served_account(
    root: Path, world: World | None = None, *, rate_limit: float | None = None, **settings: Any
) -> Iterator[SyncedAccount]:
    """Serves a world, by default a small one, and names the data directory to sync it into."""
    served = world or World(datasets=6, records=3, metrics=2, runs=2, proprietary=0)
    with Sandbox(served, rate_limit=rate_limit) as sandbox:
        yield SyncedAccount(sandbox, root, **settings)
