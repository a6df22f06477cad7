"""The world's time: whole milliseconds since 1970 inside, the API's text outside."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The ways in which servers write one instant; a client has to read each of them as UTC.
Style = Literal["seconds", "milliseconds", "microseconds", "offset", "naive"]


def milliseconds(moment: datetime) -> int:
    """A moment as whole milliseconds since 1970."""
    return int(moment.timestamp()) * SECOND + moment.microsecond // 1000


def moment(instant: int) -> datetime:
    """Milliseconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(instant // SECOND, UTC).replace(
        microsecond=instant % SECOND * 1000
    )


@lru_cache(maxsize=1 << 16)
def _to_the_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]


def stamp(instant: int, style: Style) -> str:
    """An instant as the API writes it."""
    text = _to_the_second(instant // SECOND)
    if style == "seconds":
        return f"{text}Z"
    if style == "naive":
        return text
    fraction = instant % SECOND
    if style == "milliseconds":
        return f"{text}.{fraction:03d}Z"
    if style == "microseconds":
        return f"{text}.{fraction:03d}417Z"
    return f"{text}.{fraction:03d}000+00:00"
