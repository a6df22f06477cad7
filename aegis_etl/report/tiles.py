"""The five figures at the top of the page, each beside what it was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from aegis_etl.report.charts import chart_trend
from aegis_etl.report.drawing import Draw, Figure
from aegis_etl.report.questions import Row
from aegis_etl.report.wording import say_cost, say_count, say_many, say_percent, say_short_day

_NIGHTS_BEFORE = 7


@dataclass(frozen=True)
class Tile:
    """One figure: its value, what it is, what to hold it against, and its course by night."""

    value: str
    label: str
    note: str
    trend: Figure | None


def make_tiles(nights: Sequence[Row], days: Sequence[Row], draw: Draw) -> list[Tile]:
    """The tiles of the newest night.

    Args:
        nights: the answer of ``totals_by_night.sql``, the newest last.
        days: the answer of ``cost_by_day.sql``.
    """
    tonight, before = nights[-1], nights[-1 - _NIGHTS_BEFORE : -1]
    captured, missed = tonight["runs_captured"], tonight["runs_missed"]
    return [
        Tile(
            say_percent(_pass_rate([tonight])),
            "of the verdicts on tonight's runs are a pass",
            _hold_against(before, say_percent(_pass_rate(before))),
            _draw_trend("Pass rate", [_pass_rate([night]) for night in nights], draw),
        ),
        Tile(
            say_percent(_error_rate([tonight])),
            "of their scorings failed: no score, no verdict",
            _hold_against(before, say_percent(_error_rate(before))),
            _draw_trend("Failed scorings", [_error_rate([night]) for night in nights], draw),
        ),
        Tile(
            f"{captured:,} of {captured + missed:,}",
            "new runs captured whole",
            f"{say_count(missed)} missed" if missed else "none missed",
            _draw_trend("Runs captured", [night["runs_captured"] for night in nights], draw),
        ),
        _make_cost_tile(days, draw),
        Tile(
            say_count(tonight["records_edited"]),
            f"{'record' if tonight['records_edited'] == 1 else 'records'} edited",
            f"{say_count(tonight['records_added'])} added,"
            f" {say_count(tonight['records_deleted'])} deleted"
            if before
            else "all is new on a first night",
            _draw_trend("Records edited", [night["records_edited"] for night in nights], draw),
        ),
    ]


def _make_cost_tile(days: Sequence[Row], draw: Draw) -> Tile:
    if not days:
        return Tile(say_cost(None), "cost, as the API reports it", "no evaluation yet", None)
    *_, last = days
    before = [day["cost"] or Decimal(0) for day in days[-1 - _NIGHTS_BEFORE : -1]]
    note = "the first day"
    if before:
        mean = sum(before, Decimal(0)) / len(before)
        note = f"mean of {say_many(len(before), 'day')} before: {say_cost(_round(mean))}"
    return Tile(
        say_cost(last["cost"] or (None if last["evaluations"] else Decimal(0))),
        f"cost of {say_short_day(last['day'])}, as the API reports it",
        note,
        _draw_trend("Cost by day", [float(day["cost"] or 0) for day in days], draw),
    )


def _round(mean: Decimal) -> Decimal:
    """A mean to four significant digits: its others say nothing."""
    return mean if not mean else round(mean, max(0, 3 - mean.adjusted()))


def _hold_against(before: Sequence[Row], rate: str) -> str:
    return f"{say_many(len(before), 'night')} before: {rate}" if before else "the first night"


def _pass_rate(nights: Sequence[Row]) -> float | None:
    passed = sum(night["passed"] for night in nights)
    return _share(passed, passed + sum(night["failed"] for night in nights))


def _error_rate(nights: Sequence[Row]) -> float | None:
    errors = sum(night["errors"] for night in nights)
    return _share(errors, errors + sum(night["passed"] + night["failed"] for night in nights))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _draw_trend(label: str, values: Sequence[float | None], draw: Draw) -> Figure | None:
    known = [value for value in values if value is not None]
    if len(known) < 2 or not any(known):
        return None
    return draw(chart_trend(values), f"{label}, the last {say_many(len(values), 'night')}")
