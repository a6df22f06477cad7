"""Numbers, times and names as the report writes them. All times are UTC; null is a dash."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

DASH = "–"
_MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def say_count(number: int | None) -> str:
    """``40,141``."""
    return DASH if number is None else f"{number:,}"


def say_many(number: int, noun: str, plural: str | None = None) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def say_percent(share: float | None) -> str:
    """``74.0 %`` of a share from 0 to 1."""
    return DASH if share is None else f"{100 * share:.1f}{_SPACE}%"


def say_score(score: float | None) -> str:
    """``80.3``, on the scale of 0 to 100."""
    return DASH if score is None else f"{score:.1f}"


def say_change(points: float | None) -> str:
    """``+1.4`` or ``−11.3``, in points."""
    if points is None:
        return DASH
    text = f"{abs(points):.1f}"
    return text if text == "0.0" else f"{'+' if points > 0 else _MINUS}{text}"


def say_ratio(ratio: float | None) -> str:
    """``0.994``."""
    return DASH if ratio is None else f"{ratio:.3f}".replace("-", _MINUS)


def say_probability(value: float | None) -> str:
    """``0.043``, ``< 0.001``."""
    if value is None:
        return DASH
    return f"<{_SPACE}0.001" if value < 0.001 else f"{value:.3f}"


def say_cost(cost: Decimal | None) -> str:
    """Every digit that the API's numbers add up to, without a currency: none is documented."""
    if cost is None:
        return DASH
    text = f"{cost:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def say_seconds(seconds: float | None) -> str:
    """``2.5 s``, ``12 min``, ``3.4 h``, ``2.1 days``."""
    if seconds is None:
        return DASH
    for length, unit, below in ((1, "s", 120), (60, "min", 7200), (3600, "h", 172_800)):
        if seconds < below:
            return f"{seconds / length:.1f}{_SPACE}{unit}"
    return f"{seconds / 86_400:.1f}{_SPACE}days"


def say_day(day: date) -> str:
    """``3 December 2026``, in UTC."""
    if isinstance(day, datetime):
        day = day.astimezone(UTC)
    return f"{day.day} {day:%B %Y}"


def say_short_day(day: date) -> str:
    """``3 Dec``, in UTC."""
    if isinstance(day, datetime):
        day = day.astimezone(UTC)
    return f"{day.day} {day:%b}"


def say_time(instant: datetime | None) -> str:
    """``3 Dec 2026, 02:00``, in UTC."""
    if instant is None:
        return "never"
    return f"{say_short_day(instant)} {instant.astimezone(UTC):%Y, %H:%M}"


def clip(text: str | None, length: int) -> str:
    """Text of at most that many characters, the rest an ellipsis."""
    if text is None:
        return DASH
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def show_controls(text: str) -> str:
    """Text with a visible sign for each character that a page cannot hold: controls, surrogates."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)
