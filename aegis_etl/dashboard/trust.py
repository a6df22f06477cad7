"""The tab *Trust*: how far each scorer repeats itself, and the records that need mending."""

import duckdb
import streamlit as st

from aegis_etl.dashboard.columns import show_table
from aegis_etl.dashboard.questions import ask
from aegis_etl.dashboard.selection import Selection
from aegis_etl.report.wording import say_many

_ROWS = 200
_SCORERS = (
    "metric_name",
    "model_slug",
    "reliability",
    "repeat_sd",
    "identical_share",
    "repeat_flip_rate",
    "near_threshold_share",
    "error_rate",
    "repeats",
    "evaluations",
    "median_latency_seconds",
    "p95_latency_seconds",
)
_RECORDS = (
    "dataset_name",
    "record_id",
    "prompt",
    "metric_name",
    "passed",
    "failed",
    "flips_without_edit",
    "mean_score",
    "sd_score",
    "latest_outcome",
    "latest_score",
)
_LABELS = (
    (
        "flaky",
        "Flaky records",
        "flip between pass and fail although nobody edited them: they need a steadier judge, or a"
        " threshold further from their scores",
    ),
    (
        "always fails",
        "Hard records",
        "never passed in at least three verdicts: they need a better answer, or a fairer reference",
    ),
)


def show_trust(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """The scorers, least reliable first, then flaky and hard records."""
    st.subheader("Scorers: metric and scoring model", anchor=False)
    scorers = ask(connection, "scorers", metrics=list(selection.metric_ids))
    if len(scorers):
        st.caption(
            "A record that is scored again although nothing of it changed shows how far a scorer"
            " repeats itself. A verdict on a score within the noise of its threshold could fall"
            " either way. The least reliable come first. Over all datasets."
        )
        show_table(scorers, _SCORERS, alt="How far each scorer can be trusted")
    else:
        st.info("No evaluation was received yet.")
    for label, title, advice in _LABELS:
        st.subheader(title, anchor=False)
        records = ask(connection, "unstable_records", label=label, rows=_ROWS, **selection.values)
        if not len(records):
            st.info("None as yet: it takes three verdicts on one record to tell.")
            continue
        total = records["records"][0].as_py()
        st.caption(
            f"{say_many(total, 'record and metric', 'records and metrics')} {advice}."
            + (f" The worst {len(records)}:" if total > len(records) else "")
        )
        show_table(records, _RECORDS, alt=title)
