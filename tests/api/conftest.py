"""Clients on real sockets whose time is made up, so that no test waits for a backoff."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted_api import KEY, MadeUpClock, Script, ScriptedApi

from aegis_etl.api.client import Client
from aegis_etl.settings import Settings


@pytest.fixture
def clock() -> MadeUpClock:
    """The time that the test's clients go by."""
    return MadeUpClock()


@pytest.fixture
def serve() -> Iterator[Callable[[Script], ScriptedApi]]:
    """Starts a scripted server; all end with the test."""
    started: list[ScriptedApi] = []

    def start(script: Script) -> ScriptedApi:
        started.append(ScriptedApi(script))
        return started[-1]

    yield start
    for api in started:
        api.close()


@pytest.fixture
def connect(clock: MadeUpClock) -> Iterator[Callable[..., Client]]:
    """Makes a client of a server; ``real_time=True`` waits for real."""
    opened: list[Client] = []

    def open_client(api: ScriptedApi, *, real_time: bool = False, **settings: Any) -> Client:
        made = Settings(_env_file=None, base_url=api.base_url, **{"api_key": KEY, **settings})
        opened.append(Client(made, random=lambda: 0.5, **({} if real_time else {"clock": clock})))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()
