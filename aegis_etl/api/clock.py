"""The time, passed in so that a test need not wait."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the client needs of time."""

    def now(self) -> datetime:
        """The time of day, in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""

    def sleep(self, seconds: float, until: threading.Event) -> None:
        """Waits so long, or until the event is set."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float, until: threading.Event) -> None:
        """Waits so long, or until the event is set."""
        until.wait(seconds)
