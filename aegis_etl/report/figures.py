"""The figures of the page: answers drawn as charts, each with a sentence for who cannot see it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from aegis_etl.report import charts
from aegis_etl.report.drawing import Draw, Figure
from aegis_etl.report.questions import Row
from aegis_etl.report.wording import (
    say_change,
    say_cost,
    say_many,
    say_percent,
    say_short_day,
)

CAPTURES = {
    "captured": "var(--accent)",
    "partly captured": "var(--amber)",
    "missed": "var(--worse)",
    "in progress": "var(--faint)",
    "awaiting": "var(--line)",
}
"""The captures of runs and their colours, in the order of stacking."""

CHANGES = {"edited": "var(--accent)", "added": "var(--faint)", "deleted": "var(--worse)"}
"""What happens to records and its colours, in the order of stacking."""


def draw_intervals(changes: Sequence[Row], draw: Draw) -> tuple[list[Figure], Figure | None]:
    """One interval a change, all on one scale, and that scale's axis.

    Args:
        changes: the answer of ``clear_changes.sql``.
    """
    if not changes:
        return [], None
    domain = charts.find_domain(
        [row["change_low"] for row in changes], [row["change_high"] for row in changes]
    )
    intervals = [
        draw(
            charts.chart_interval(
                row["change_low"],
                row["mean_change"],
                row["change_high"],
                domain=domain,
                worse=row["verdict"] == "worse",
            ),
            f"{say_change(row['mean_change'])} points, between {say_change(row['change_low'])}"
            f" and {say_change(row['change_high'])}",
        )
        for row in changes
    ]
    label = f"Scale from {say_change(domain[0])} to {say_change(domain[1])} points"
    return intervals, draw(charts.chart_interval_axis(domain), label)


def draw_quality(days: Sequence[Row], night: Row, draw: Draw) -> Figure | None:
    """The pass rate of one metric over the 30 days before the night.

    Args:
        days: the rows of the metric in the answer of ``quality_by_day.sql``.
    """
    if not days:
        return None
    today = night["started_at"].date()
    rates = [row["pass_rate"] for row in days]
    spec = charts.chart_quality(days, today - timedelta(days=30), today - timedelta(days=1))
    return draw(
        spec,
        f"Pass rate on {say_many(len(days), 'day')}: between {say_percent(min(rates))} and"
        f" {say_percent(max(rates))}, last {say_percent(rates[-1])}"
        f" on {say_short_day(days[-1]['day'])}",
    )


def draw_costs(days: Sequence[Row], draw: Draw) -> Figure | None:
    """The cost of each day, from the answer of ``cost_by_day.sql``."""
    known = [row for row in days if row["cost"]]
    if not known:
        return None
    dearest = max(known, key=lambda row: row["cost"])
    bars = [{"day": row["day"], "kind": "cost", "n": float(row["cost"])} for row in known]
    return draw(
        charts.chart_bars(
            [row["day"] for row in days], bars, {"cost": "var(--accent)"}, y_format="~g"
        ),
        f"Cost by day; most on {say_short_day(dearest['day'])}: {say_cost(dearest['cost'])}",
    )


def draw_captures(runs: Sequence[Row], night: Row, draw: Draw) -> Figure | None:
    """What became of each day's runs, from the answer of ``runs_by_day.sql``."""
    if not runs:
        return None
    today = night["started_at"].date()
    days = [today - timedelta(days=ago) for ago in range(30, 0, -1)]
    bars = [{"day": row["day"], "kind": row["capture"], "n": row["runs"]} for row in runs]
    return draw(
        charts.chart_bars(days, bars, CAPTURES),
        f"Runs by the day of their creation: {_say_counts(bars, CAPTURES)}",
    )


def draw_changes(nights: Sequence[Row], draw: Draw) -> Figure | None:
    """How many records each night found changed, from the answer of ``totals_by_night.sql``."""
    days = [row["started_at"].date() for row in nights]
    bars = [
        {"day": day, "kind": kind, "n": row[f"records_{kind}"]}
        for day, row in zip(days, nights, strict=True)
        for kind in CHANGES
    ]
    if not any(row["n"] for row in bars):
        return None
    return draw(
        charts.chart_bars(sorted(set(days)), bars, CHANGES),
        f"Records by night: {_say_counts(bars, CHANGES)}",
    )


def _say_counts(bars: Sequence[Row], kinds: Iterable[str]) -> str:
    counts = {kind: sum(row["n"] for row in bars if row["kind"] == kind) for kind in kinds}
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
