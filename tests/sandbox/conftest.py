"""A served world."""

from collections.abc import Iterator

import pytest
from plain_http import Get, ask

from aegis_etl.sandbox import Sandbox, World


@pytest.fixture(scope="module")
def world() -> World:
    """An account of forty datasets on its first day; tests that change it make their own."""
    return World(records=6, metrics=4, runs=2)


@pytest.fixture(scope="module")
def sandbox(world: World) -> Iterator[Sandbox]:
    """The account, served."""
    with Sandbox(world) as served:
        yield served


@pytest.fixture
def get(sandbox: Sandbox) -> Get:
    """Asks the served account."""
    return lambda target, **headers: ask(sandbox, target, **headers)
