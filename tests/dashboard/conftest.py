"""The accounts that the dashboard is tested on; each is lived and synced once."""

import pytest
from dashboard_account import live

from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import World


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """Nights with regressions, missed runs, unknown costs and hostile names."""
    world = World(seed=7, datasets=6, records=10, metrics=4, runs=2, proprietary=0)
    return live(DataDir(tmp_path_factory.mktemp("lived")), world, 3)


@pytest.fixture(scope="session")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """One night of an account with one dataset and one run."""
    world = World(seed=3, datasets=1, records=5, metrics=2, runs=1, proprietary=0)
    return live(DataDir(tmp_path_factory.mktemp("one_run")), world, 1)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """An account without a dataset."""
    world = World(datasets=0, proprietary=0)
    return live(DataDir(tmp_path_factory.mktemp("empty")), world, 1)
