"""The tab *Captured and missed*: which runs' evaluations were fetched in time."""

from collections import Counter
from datetime import date

import duckdb
import streamlit as st

from aegis_etl.dashboard.charts import CAPTURES, chart_bars
from aegis_etl.dashboard.columns import show_table
from aegis_etl.dashboard.questions import Row, ask
from aegis_etl.dashboard.selection import Selection
from aegis_etl.report.wording import say_count, say_many

_RUNS = 500
_LOST = ("missed", "partly captured")
_LOSING = (
    "dataset_name",
    "runs_30d",
    "captured_30d",
    "partly_captured_30d",
    "missed_30d",
    "poll_minutes_for_90_percent",
)
_RUN = (
    "dataset_name",
    "run_id",
    "alias",
    "capture",
    "created_at",
    "finished_at",
    "superseded_at",
    "catch_window_minutes",
    "captured_evaluations",
    "coverage",
    "pass_rate",
    "errors",
    "cost",
    "run_source_name",
    "user_email",
)


def show_captures(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """What became of the runs of 30 days, the datasets that lost some, and the newest runs."""
    st.caption(
        "The API serves the evaluations of a dataset's newest API run only. A run that another"
        " replaces between two syncs is listed, but its scores are lost. Counted are runs created"
        " in the 30 whole UTC days before the newest sync; not narrowed down by metric."
    )
    rows = ask(connection, "captures", dataset=selection.dataset_id).to_pylist()
    if rows:
        days = ask(connection, "days", **selection.values)["day"].to_pylist()
        _show_counts(rows, days)
    else:
        st.info("No run was created in the 30 whole UTC days before the newest sync.")
    losing = ask(connection, "losing_datasets", dataset=selection.dataset_id)
    if len(losing):
        st.subheader("Datasets that lost runs, 30 days", anchor=False)
        st.caption("Looking this often would have caught 9 of 10 runs that could be caught.")
        show_table(losing, _LOSING, alt="Datasets that lost runs")
    runs = ask(connection, "runs", dataset=selection.dataset_id, rows=_RUNS)
    if len(runs):
        st.subheader("Runs", anchor=False)
        total = runs["runs"][0].as_py()
        st.caption(
            "Newest first"
            + (f": {len(runs)} of {total:,}." if total > len(runs) else ".")
            + " The catch window is the time between a run's finish and the run that replaced it:"
            " below zero, no polling could have caught it."
        )
        show_table(runs, _RUN, alt="Runs, newest first")


def _show_counts(rows: list[Row], period: list[date]) -> None:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["capture"]] += row["runs"]
    lost = sum(counts[capture] for capture in _LOST)
    beyond = sum(row["beyond_polling"] for row in rows if row["capture"] in _LOST)
    for column, (capture, count) in zip(
        st.columns(len(CAPTURES)), ((name, counts[name]) for name in CAPTURES), strict=True
    ):
        column.metric(capture, say_count(count))
    st.vega_lite_chart(
        chart_bars(
            [{"day": row["day"], "kind": row["capture"], "n": row["runs"]} for row in rows],
            period,
            CAPTURES,
            title="runs",
            y_format="~s",
            y_step=1,
        ),
        alt="Runs by the day of their creation and what became of them",
        width="stretch",
    )
    if not lost:
        st.caption("No run of these 30 days was lost.")
    else:
        st.caption(
            f"{say_many(lost, 'run was', 'runs were')} not captured whole."
            + (
                f" {say_count(beyond)} of them no polling could have caught: replaced before they"
                " had finished."
                if beyond
                else ""
            )
            + " The schedule `watch` fetches what a nightly sync misses: `AEGIS_WATCH=1`."
        )
