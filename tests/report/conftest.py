"""The accounts that the report is tested on; each is lived and synced once."""

from collections.abc import Iterator

import pytest
from report_accounts import NIGHTS, Lived, live, report_on

from aegis_etl.report.drawing import Draw, Drawing
from aegis_etl.sandbox import World


@pytest.fixture(scope="session")
def draw() -> Iterator[Draw]:
    """Draws charts in a process that all tests share."""
    with Drawing() as begun:
        yield begun


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, draw: Draw) -> Iterator[Lived]:
    """Nights with everything: planted causes, missed runs, edits, hostile names, failures."""
    world = World(seed=5, datasets=24, records=24, runs=2)
    yield from report_on(live(tmp_path_factory.mktemp("lived"), world, NIGHTS), draw)


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory, draw: Draw) -> Iterator[Lived]:
    """One night of a small account."""
    world = World(seed=3, datasets=6, records=12, metrics=3)
    yield from report_on(live(tmp_path_factory.mktemp("first"), world, 1), draw)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, draw: Draw) -> Iterator[Lived]:
    """An account without a dataset."""
    world = World(datasets=0, proprietary=0)
    yield from report_on(live(tmp_path_factory.mktemp("empty"), world, 1), draw)
