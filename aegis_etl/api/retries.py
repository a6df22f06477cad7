"""How long a request is tried, and how long between tries (contract: ``AEGIS_MAX_ATTEMPTS``)."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState

from aegis_etl.api.errors import PushedBack

LONGEST_RETRY_AFTER_SECONDS = 15 * 60.0
PATIENCE_WITH_429_SECONDS = 15 * 60.0
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0


class Patience:
    """Decides for one request when its tries are spent; tenacity asks after every failed one.

    A 429 uses up no try, but 15 minutes of nothing but 429 do.
    """

    def __init__(self, max_attempts: int, monotonic: Callable[[], float]) -> None:
        self._tries_left = max_attempts
        self._monotonic = monotonic
        self._only_429_since: float | None = None

    def __call__(self, state: RetryCallState) -> bool:
        """Whether the request is given up after this outcome."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, PushedBack) and error.http_status == 429:
            now = self._monotonic()
            if self._only_429_since is None:
                self._only_429_since = now
            return now - self._only_429_since >= PATIENCE_WITH_429_SECONDS
        self._only_429_since = None
        self._tries_left -= 1
        return self._tries_left <= 0


class Backoff:
    """Exponential backoff with full jitter; after a pushing back none, as the shared pace waits."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0

    def __call__(self, state: RetryCallState) -> float:
        """Seconds until the next try."""
        if state.outcome and isinstance(state.outcome.exception(), PushedBack):
            return 0.0
        longest = min(FIRST_BACKOFF_SECONDS * 2.0**self._failures, LONGEST_BACKOFF_SECONDS)
        self._failures += 1
        return longest * self._random()


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, at most 15 minutes; None if it says nothing.

    Seconds may have a fraction; a date in the past asks for 0.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    if seconds != seconds:  # noqa: PLR0124 (NaN is the one value that differs from itself)
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _seconds_until(date: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return float("nan")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
