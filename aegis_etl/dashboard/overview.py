"""The tab *Overview*: how quality, cost and captures went, each metric's course, each dataset."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import streamlit as st

from aegis_etl.dashboard.charts import chart_quality, chart_trend
from aegis_etl.dashboard.columns import show_table
from aegis_etl.dashboard.questions import Row, ask
from aegis_etl.dashboard.selection import Selection, name_or_id
from aegis_etl.report.wording import say_change, say_cost, say_many, say_percent

_PANELS = 24
_PANELS_A_ROW = 4
_WEEK = 7
_HEALTH = (
    "dataset_name",
    "health",
    "last_run_at",
    "pass_rate",
    "pass_rate_strict",
    "weakest_metric",
    "metrics_worse",
    "metrics_better",
    "regressions",
    "fixes",
    "missed_30d",
    "cost_30d",
    "fetch_status",
    "last_fetched_at",
    "last_error",
    "user_email",
)


def show_overview(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Tiles of the last 7 days, a panel a metric, and the datasets that need a look first."""
    days = ask(connection, "days", **selection.values).to_pylist()
    _show_tiles(days)
    _show_quality(connection, selection, [day["day"] for day in days])
    st.subheader("Datasets", anchor=False)
    health = ask(connection, "health", dataset=selection.dataset_id)
    if not len(health):
        st.info("The account holds no datasets.")
        return
    st.caption(
        "Those that need a look first. Verdicts are those of the newest captured run, over all"
        " metrics; worse, better, broke and fixed are against the captured run before it."
    )
    show_table(health, _HEALTH, alt="How each dataset stands")


def _show_tiles(days: list[Row]) -> None:
    week, before = days[-_WEEK:], days[-2 * _WEEK : -_WEEK]
    st.caption("The 7 whole UTC days before the newest sync, against the 7 before them")
    quality, errors, runs, cost = st.columns(4)
    _show_tile(
        quality,
        "Verdicts that are a pass",
        say_percent(_pass_rate(week)),
        [_pass_rate([day]) for day in days],
        delta=_say_points(_pass_rate(week), _pass_rate(before)),
        help="Passed, of passed and failed. A scoring that failed is no verdict.",
    )
    _show_tile(
        errors,
        "Scorings that failed",
        say_percent(_error_rate(week)),
        [_error_rate([day]) for day in days],
        delta=_say_points(_error_rate(week), _error_rate(before)),
        delta_color="inverse",
        help="No score, no verdict. Never counted as a score of 0.",
    )
    captured, lost = _sum(week, "runs_captured"), _sum(week, "runs_lost")
    _show_tile(
        runs,
        "Runs captured whole",
        f"{captured:,} of {captured + lost:,}",
        [day["runs_captured"] for day in days],
        delta=f"{lost:,} lost" if lost else None,
        delta_color="red",
        delta_arrow="off",
        help="Lost: missed, or partly captured. Not narrowed down by metric.",
    )
    costs = [day["cost"] for day in week if day["cost"] is not None]
    unknown = _sum(week, "evaluations_without_cost")
    _show_tile(
        cost,
        "Cost, as the API reports it",
        say_cost(sum(costs, Decimal(0)) if costs else None),
        [None if day["cost"] is None else float(day["cost"]) for day in days],
        delta=f"{unknown:,} of unknown cost" if unknown else None,
        delta_color="off",
        delta_arrow="off",
        help="The API documents no currency. A cost that it does not tell is unknown, not zero.",
    )


def _show_tile(
    column: Any, label: str, value: str, trend: list[float | None], **options: Any
) -> None:
    with column.container(border=True, height="stretch"):
        st.metric(label, value, **options)
        if sum(number is not None for number in trend) > 1:
            st.vega_lite_chart(
                chart_trend(trend), alt=f"{label}, day by day over 30 days", width="stretch"
            )


def _show_quality(
    connection: duckdb.DuckDBPyConnection, selection: Selection, period: Sequence[date]
) -> None:
    st.subheader("Pass rate by metric, 30 days", anchor=False)
    panels = ask(connection, "quality", rows=_PANELS, **selection.values).to_pylist()
    if not panels:
        st.info("No captured run of these 30 days has a verdict to show.")
        return
    more = panels[0]["metrics"] - len(panels)
    st.caption(
        "Captured runs, by the UTC day of their start. The band is the 95 % interval; it ignores"
        " that verdicts of one dataset go together. Each scale is its own."
        + (f" {say_many(more, 'metric')} with fewer verdicts: choose above." if more else "")
    )
    for first in range(0, len(panels), _PANELS_A_ROW):
        row = panels[first : first + _PANELS_A_ROW]
        for column, panel in zip(st.columns(_PANELS_A_ROW), row, strict=False):
            name = name_or_id(panel["metric_name"], panel["metric_id"], "metric")
            note = f"{say_percent(panel['pass_rate'])} in the last 7 days"
            column.vega_lite_chart(
                chart_quality(name, note, panel["days"], period),
                alt=f"Pass rate of {name} by day: {note}",
                width="stretch",
            )


def _pass_rate(days: list[Row]) -> float | None:
    return _share(_sum(days, "passed"), _sum(days, "passed") + _sum(days, "failed"))


def _error_rate(days: list[Row]) -> float | None:
    errors = _sum(days, "errors")
    return _share(errors, errors + _sum(days, "passed") + _sum(days, "failed"))


def _sum(days: list[Row], column: str) -> int:
    return sum(day[column] for day in days)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _say_points(now: float | None, before: float | None) -> str | None:
    if now is None or before is None:
        return None
    # Streamlit points the arrow by the sign, and takes only the hyphen for a minus.
    return f"{say_change(100 * (now - before))} points".replace("\N{MINUS SIGN}", "-")
