"""An account of several days, and a fresh Superset that shows it."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from superset_bundle import FOLDER
from superset_instance import REQUIREMENTS, Superset, free_port, make_environment

from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync

DAYS = 8


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the account is published."""
    return tmp_path_factory.mktemp("account")


@pytest.fixture(scope="session")
def live_day(data_dir: Path) -> Iterator[Callable[[], None]]:
    """Lives on for a day and syncs the account; its first days are over.

    Each sync is two hours later in its day, so that the newest one's day has runs of its own.
    """
    world = World(seed=5, datasets=16, records=20, runs=2)
    with Sandbox(world) as sandbox:
        settings = Settings(
            _env_file=None, api_key=sandbox.api_key, base_url=sandbox.base_url, data_dir=data_dir
        )

        def live() -> None:
            world.live_until(world.now + timedelta(hours=26))
            run_sync(settings, SyncRequest(), now=world.now)

        for _ in range(DAYS):
            live()
        yield live


@pytest.fixture(scope="session")
def warehouse(data_dir: Path, live_day: Callable[[], None]) -> Path:  # noqa: ARG001  it publishes
    """The fixed link to the published warehouse."""
    return data_dir / "warehouse.duckdb"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, warehouse: Path) -> Path:
    """A copy of the bundle, with the path of the warehouse in its place."""
    folder = tmp_path_factory.mktemp("bundle") / "superset"
    shutil.copytree(FOLDER, folder)
    (database,) = (folder / "databases").iterdir()
    text = database.read_text(encoding="utf-8")
    database.write_text(text.replace("/srv/aegis/data", str(warehouse.parent)), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def older_bundle(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """The bundle as an earlier version may have been: every chart has another name."""
    folder = tmp_path_factory.mktemp("older") / "superset"
    shutil.copytree(bundle, folder)
    for file in (folder / "charts").iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("slice_name: ", "slice_name: Earlier "), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def superset(
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    older_bundle: Path,
    bundle: Path,
) -> Iterator[Superset]:
    """A served Superset into which the bundle was imported over an older one."""
    made_of = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    commands = make_environment(pytestconfig.cache.mkdir(f"superset-{made_of}"))
    instance = Superset(commands, tmp_path_factory.mktemp("superset"), free_port())
    instance.found()
    for folder in (older_bundle, bundle):
        instance.run("import-directory", folder, "--overwrite")
    with instance.serve():
        yield instance
