"""A limit on requests a second, as an API gateway keeps it."""

from threading import Lock


class RateLimit:
    """A bucket of tokens that refills evenly; a request takes one, a refused request none.

    `per_second` is the sustained rate, `burst` how many may come at once (null: a second's worth).
    """

    def __init__(self, per_second: float, burst: float | None = None) -> None:
        self.per_second = per_second
        self._most = max(1.0, per_second if burst is None else burst)
        self._tokens = self._most
        self._refilled: float | None = None
        self._lock = Lock()

    def wait_for(self, now: float) -> float:
        """0 if a request at `now` (seconds of any clock) may pass, else after how many seconds."""
        with self._lock:
            passed = 0.0 if self._refilled is None else now - self._refilled
            self._tokens = min(self._most, self._tokens + passed * self.per_second)
            self._refilled = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self.per_second
