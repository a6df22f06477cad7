"""How the report writes numbers, times and names."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from aegis_etl.report import wording

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.say_percent(0.74), f"74.0{NBSP}%"),
        (wording.say_percent(None), "–"),
        (wording.say_change(-11.26), "−11.3"),
        (wording.say_change(0.72), "+0.7"),
        (wording.say_change(-0.04), "0.0"),
        (wording.say_probability(0.0009), f"<{NBSP}0.001"),
        (wording.say_probability(0.0431), "0.043"),
        (wording.say_ratio(-0.2), "−0.200"),
        (wording.say_many(1, "run"), "1 run"),
        (wording.say_many(2140, "run"), "2,140 runs"),
        (wording.say_many(2, "run was", "runs were"), "2 runs were"),
        (wording.say_seconds(75), f"75.0{NBSP}s"),
        (wording.say_seconds(5400), f"90.0{NBSP}min"),
        (wording.say_seconds(90_000), f"25.0{NBSP}h"),
        (wording.say_seconds(864_000), f"10.0{NBSP}days"),
        (wording.say_day(date(2026, 12, 3)), "3 December 2026"),
        (wording.say_short_day(date(2026, 12, 3)), "3 Dec"),
        (wording.say_time(None), "never"),
        (wording.clip("abcdef", 4), "abc…"),
        (wording.clip("abcd", 4), "abcd"),
    ],
)
def test_wording(said: str, expected: str) -> None:
    """One decimal for percents and points, a true minus, a dash for what is unknown."""
    assert said == expected


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ("0.000400000000000000", "0.0004"),
        ("1234.500000000000000000", "1,234.5"),
        ("100.000000000000000000", "100"),
        ("0", "0"),
        (
            "12345678901234567890.000000000000000001",
            "12,345,678,901,234,567,890.000000000000000001",
        ),
    ],
)
def test_costs_keep_every_digit(cost: str, expected: str) -> None:
    """A cost is told exactly, without an exponent and without a currency."""
    assert wording.say_cost(Decimal(cost)) == expected


def test_times_are_utc() -> None:
    """A time in another zone is told in UTC, date included."""
    evening = datetime(2026, 12, 3, 22, 30, tzinfo=timezone(-timedelta(hours=5)))
    assert wording.say_time(evening) == "4 Dec 2026, 03:30"
    assert wording.say_day(evening) == "4 December 2026"
    assert wording.say_time(datetime(2026, 12, 3, 2, tzinfo=UTC)) == "3 Dec 2026, 02:00"


def test_what_a_page_cannot_hold_is_visible() -> None:
    """Controls and lone surrogates become a sign, lines and tabs stay."""
    assert wording.show_controls("a\x00b\x1b[31m\n\tc\ud800\x85") == "a�b�[31m\n\tc��"
