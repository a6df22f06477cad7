"""Clients of the sandbox whose waits take a hundredth of their time."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hasty_clock import HastyClock

from aegis_etl.api.client import Client
from aegis_etl.api.clock import Clock
from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.settings import Settings


@pytest.fixture
def world() -> World:
    """A small account of three types of dataset."""
    return World(datasets=30, records=2, metrics=2, runs=1, proprietary=4, generated=3)


@pytest.fixture
def emulate(world: World) -> Iterator[Callable[..., Sandbox]]:
    """Starts a sandbox of the world with these faults; it ends with the test."""
    started: list[Sandbox] = []

    def start(faults: Faults | None = None, **options: Any) -> Sandbox:
        started.append(Sandbox(world, faults, **options).__enter__())
        return started[-1]

    yield start
    for sandbox in started:
        sandbox.__exit__(None, None, None)


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes a client of a sandbox."""
    opened: list[Client] = []

    def open_client(sandbox: Sandbox, clock: Clock | None = None, **settings: Any) -> Client:
        values = {"api_key": sandbox.api_key, "base_url": sandbox.base_url, **settings}
        made = Settings(_env_file=None, **values)
        opened.append(Client(made, clock=clock or HastyClock()))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()
