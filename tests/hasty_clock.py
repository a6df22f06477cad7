"""A client's time on which waits are short, for tests with real requests."""

import threading
import time
from datetime import UTC, datetime

SPEED = 100


class HastyClock:
    """A clock whose waits take a hundredth of their time; all else takes as long as it takes.

    So a machine that is slow does not make an API look silent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = 0.0

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float, until: threading.Event) -> None:
        """Waits a hundredth of the time, or until the event is set; the clock moves all of it."""
        wakes = self.monotonic() + seconds
        until.wait(seconds / SPEED)
        with self._lock:
            self._ahead = max(self._ahead, wakes - time.monotonic())
