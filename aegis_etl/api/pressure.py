"""One budget of requests for all workers: a declared limit, or one learned from push-backs."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DECLARED_SHARE = 0.9
DECLARED_SLOWING = 0.8
GROWTH_PER_SECOND = 0.02
RETURN_PER_SECOND = 0.2
SLOWEST_PER_SECOND = 0.2
SHORTEST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
SHORTEST_SECONDS = 0.001


class Pace:
    """When the next request may start. Pure: the time is passed in.

    Unlimited, or as fast as declared, until the API pushes back. Then all requests pause. The
    limit lies between the rate that was refused and what was granted on the whole, pauses
    included: their geometric mean becomes the rate. It returns towards the refused rate, ever more
    slowly, and grows a little besides, so that it finds a limit that was underestimated or raised.
    A simulation of token buckets and windows of 20 a second, with and without latency, ends within
    1.5 times the time that they allow, with less than a tenth refused.
    Rates are in requests a second, times in seconds of a monotonic clock.

    Args:
        declared: ``AEGIS_MAX_REQUESTS_PER_SECOND``. A tenth of it is left unused, because the
            network bunches up requests that started evenly. Where a limit of no burst refuses them
            for that, it costs the pause and a fifth of the rate at most.
        random: a number from 0 to 1, for jitter.
    """

    def __init__(self, declared: float | None, random: Callable[[], float]) -> None:
        self._ceiling = declared * DECLARED_SHARE if declared else math.inf
        self._random = random
        self._rate = self._ceiling
        self._next_start = -math.inf
        self._paused_at = -math.inf
        self._pauses_in_row = 0
        self._refused_rate = math.inf
        self._refused_at: float | None = None
        self._resumed_at = math.inf
        self._started = 0
        self._counted_from = 0.0
        self._granted = 0
        self._grew_at = 0.0

    def reserve(self, now: float) -> float:
        """Takes the next start and returns 0, or takes none and returns the seconds until it."""
        if now < self._next_start:
            return self._next_start - now
        self._resumed_at = min(self._resumed_at, now)
        self._started += 1
        self._next_start = now + 1 / self._rate
        return 0.0

    def record_granted(self, started: float, now: float) -> None:
        """The request that started then was answered without pushing back."""
        if started > self._paused_at and self._pauses_in_row:
            self._pauses_in_row = 0
            self._granted = 0
            self._grew_at = started
        self._granted += 1
        if self._refused_rate < math.inf:
            self._grow(min(max(now - self._grew_at, 0.0), 1.0))
        self._grew_at = max(now, self._grew_at)

    def record_pushback(self, started: float, now: float, retry_after: float | None) -> None:
        """The API pushed back on the request that started then, and asked for so many seconds."""
        if started <= self._paused_at:
            # It was in flight when the pause began, so it tells nothing new about the rate.
            self._next_start = max(self._next_start, now + (retry_after or 0.0))
            return
        pause = self._choose_pause(retry_after)
        self._slow_down(now, pause)
        self._paused_at, self._resumed_at, self._started = now, math.inf, 0
        self._pauses_in_row += 1
        self._next_start = max(self._next_start, now + pause)

    def _grow(self, seconds: float) -> None:
        gap = max(self._refused_rate / self._rate, 1.0)
        grown = (1 + GROWTH_PER_SECOND) ** seconds * gap ** (RETURN_PER_SECOND * seconds)
        self._rate = min(self._rate * grown, self._ceiling)

    def _slow_down(self, now: float, pause: float) -> None:
        first = self._refused_at is None
        if not self._pauses_in_row:
            offered = self._started / max(now - self._resumed_at, SHORTEST_SECONDS)
            self._refused_rate = min(self._rate, offered)
            # What was granted is counted from one refusal to the next: a limiter that refills with
            # time grants just its limit between two moments at which it was empty.
            self._counted_from = self._resumed_at if self._refused_at is None else self._refused_at
            self._refused_at = now
        elapsed = now - self._counted_from + (pause if first else 0)
        granted = max(self._granted, 1) / max(elapsed, SHORTEST_SECONDS)
        compromise = math.sqrt(min(granted, self._refused_rate) * self._refused_rate)
        trusted = self._rate * DECLARED_SLOWING if self._ceiling < math.inf else 0.0
        self._rate = min(max(compromise, trusted, SLOWEST_PER_SECOND), self._ceiling)

    def _choose_pause(self, retry_after: float | None) -> float:
        backoff = min(SHORTEST_PAUSE_SECONDS * 2.0**self._pauses_in_row, LONGEST_PAUSE_SECONDS)
        jittered = backoff * (1 + self._random() / 4)
        if retry_after is None:
            return jittered
        return retry_after if self._pauses_in_row == 0 else max(retry_after, jittered / 4)


class Pressure:
    """The pace and the number of requests in flight, shared by all threads of one client.

    Args:
        monotonic: seconds that only ever grow.
        sleep: waits so many seconds on behalf of a path; may raise to end the wait.
    """

    def __init__(
        self,
        *,
        max_concurrency: int,
        max_requests_per_second: float | None,
        monotonic: Callable[[], float],
        sleep: Callable[[float, str], None],
        random: Callable[[], float],
    ) -> None:
        self._places = threading.BoundedSemaphore(max_concurrency)
        self._pace = Pace(max_requests_per_second, random)
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._sleep = sleep

    @contextmanager
    def hold_place(self, path: str) -> Iterator[float]:
        """Waits for the next start, yields its time, and counts as in flight until left."""
        with self._places:
            yield self._wait_for_start(path)

    def record_granted(self, started: float) -> None:
        """The request that started then was answered without pushing back."""
        with self._lock:
            self._pace.record_granted(started, self._monotonic())

    def record_pushback(self, started: float, retry_after: float | None) -> None:
        """The request that started then was pushed back: all wait."""
        with self._lock:
            self._pace.record_pushback(started, self._monotonic(), retry_after)

    def _wait_for_start(self, path: str) -> float:
        while True:
            with self._lock:
                now = self._monotonic()
                wait = self._pace.reserve(now)
            if wait <= 0:
                return now
            self._sleep(wait, path)
