"""The nights of the demo."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from aegis_etl.sandbox import Faults, Sandbox, World

NIGHTS = 5
FLAKY_NIGHT = 3
FLAKY_FAULTS = Faults(rate=0.1, retry_after=0.2, delay=0.1)


class Night(NamedTuple):
    """One night: its number from 1 on, its instant, and whether the API is faulty in it."""

    number: int
    at: datetime
    is_flaky: bool


def found_world(last_night: date) -> World:
    """The account as it is before the first night; the last one is that of ``last_night``."""
    return World(started=last_night - timedelta(days=NIGHTS - 1))


def live_nights(sandbox: Sandbox) -> Iterator[Night]:
    """Yields each night when the account has lived up to it, to be synced."""
    for number in range(1, NIGHTS + 1):
        if number > 1:
            sandbox.world.live_night()
        is_flaky = number == FLAKY_NIGHT
        sandbox.faults = FLAKY_FAULTS if is_flaky else Faults()
        yield Night(number, sandbox.world.now, is_flaky)
