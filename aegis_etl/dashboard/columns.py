"""How the columns of the dashboard's tables are named and written, and what they mean."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import pyarrow as pa
import streamlit as st

from aegis_etl.report.wording import DASH
from aegis_etl.warehouse.mart_columns import read_mart_columns

Kind = Literal[
    "text",
    "count",
    "id",
    "share",
    "bar",
    "score",
    "ratio",
    "probability",
    "cost",
    "time",
    "seconds",
    "minutes",
    "flag",
]

_COLUMNS: Mapping[str, tuple[str, Kind]] = {
    "alias": ("alias", "text"),
    "capture": ("capture", "text"),
    "captured_30d": ("captured", "count"),
    "captured_evaluations": ("evaluations", "count"),
    "catch_window_minutes": ("catch window, minutes", "minutes"),
    "cost": ("cost", "cost"),
    "cost_30d": ("cost, 30 days", "cost"),
    "coverage": ("coverage", "share"),
    "created_at": ("created", "time"),
    "credits": ("credits", "count"),
    "dataset_name": ("dataset", "text"),
    "error_rate": ("failed to score", "share"),
    "errors": ("failed to score", "count"),
    "evaluations": ("evaluations", "count"),
    "evaluations_without_cost": ("of unknown cost", "count"),
    "failed": ("failed", "count"),
    "fetch_status": ("fetch", "text"),
    "finished_at": ("finished", "time"),
    "fixes": ("fixed", "count"),
    "flip": ("flip", "text"),
    "flips_without_edit": ("flips", "count"),
    "health": ("health", "text"),
    "identical_share": ("same score again", "share"),
    "input_tokens": ("input tokens", "count"),
    "last_error": ("error", "text"),
    "last_fetched_at": ("last fetched", "time"),
    "last_run_at": ("last run", "time"),
    "latest_outcome": ("latest", "text"),
    "latest_score": ("latest score", "score"),
    "likely_cause": ("likely cause", "text"),
    "mean_after": ("now", "score"),
    "mean_before": ("before", "score"),
    "mean_change": ("change", "score"),
    "mean_score": ("mean score", "score"),
    "median_latency_seconds": ("median time, s", "seconds"),
    "metric_name": ("metric", "text"),
    "metrics_better": ("better", "count"),
    "metrics_worse": ("worse", "count"),
    "missed_30d": ("missed, 30 days", "count"),
    "model_changed": ("model changed", "flag"),
    "model_slug": ("scoring model", "text"),
    "n_pairs": ("records", "count"),
    "name": ("name", "text"),
    "near_threshold_share": ("near threshold", "share"),
    "output_tokens": ("output tokens", "count"),
    "p95_latency_seconds": ("95 % within, s", "seconds"),
    "pairs_excluded": ("left out", "count"),
    "partly_captured_30d": ("partly", "count"),
    "pass_rate": ("pass rate", "bar"),
    "pass_rate_strict": ("strict pass rate", "share"),
    "passed": ("passed", "count"),
    "poll_minutes_for_90_percent": ("look every, minutes", "minutes"),
    "prompt": ("question", "text"),
    "q_value": ("q", "probability"),
    "record_id": ("record", "id"),
    "regressions": ("broke", "count"),
    "reliability": ("reliability", "ratio"),
    "repeat_flip_rate": ("verdict flips", "share"),
    "repeat_sd": ("noise, points", "score"),
    "repeats": ("repeats", "count"),
    "run_id": ("run", "id"),
    "run_source_name": ("source", "text"),
    "runs_30d": ("runs", "count"),
    "score_after": ("score now", "score"),
    "score_before": ("score before", "score"),
    "sd_score": ("± sd", "score"),
    "share": ("share", "bar"),
    "superseded_at": ("replaced", "time"),
    "threshold_after": ("threshold now", "score"),
    "threshold_before": ("threshold before", "score"),
    "threshold_changed": ("threshold changed", "flag"),
    "user_email": ("owner", "text"),
    "verdict": ("verdict", "text"),
    "weakest_metric": ("weakest metric", "text"),
}
_FORMATS: Mapping[Kind, str] = {
    "count": "localized",
    "id": "%d",
    "share": "percent",
    "score": "%.1f",
    "ratio": "%.3f",
    "probability": "%.3f",
    "cost": "%.12g",  # beyond these digits binary fractions would show
    "seconds": "%.1f",
    "minutes": "%.0f",
}
_NO_LABELS: Mapping[str, str] = {}
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def show_table(
    table: pa.Table,
    columns: Sequence[str],
    *,
    alt: str,
    key: str | None = None,
    labels: Mapping[str, str] = _NO_LABELS,
) -> list[int]:
    """Shows columns of an answer; each heading tells what its column means.

    Args:
        alt: what the table holds, for who cannot see it.
        key: with it rows can be selected, one at a time.
        labels: headings other than the usual.

    Returns:
        The places of the selected rows.
    """
    options: dict[str, Any] = {
        "hide_index": True,
        "column_config": {name: _configure(name, labels.get(name)) for name in columns},
        "placeholder": DASH,
        "alt": alt,
    }
    shown = table.select(columns)
    if key is None:
        st.dataframe(shown, **options)
        return []
    state = st.dataframe(shown, on_select="rerun", selection_mode="single-row", key=key, **options)
    return [place for place in state["selection"]["rows"] if place < len(table)]


def _configure(name: str, heading: str | None) -> Any:
    label, kind = _COLUMNS[name]
    label = heading or label
    definition = _read_definitions().get(name)
    help_ = None if definition is None else escape_markdown(f"{name}: {definition}")
    kinds = st.column_config
    match kind:
        case "text":
            return kinds.TextColumn(label, help=help_)
        case "flag":
            return kinds.CheckboxColumn(label, help=help_)
        case "time":
            return kinds.DatetimeColumn(
                label, help=help_, format="D MMM YYYY, HH:mm", timezone="UTC", width=150
            )
        case "bar":
            return kinds.ProgressColumn(
                label, help=help_, format="percent", min_value=0, max_value=1
            )
        case _:
            return kinds.NumberColumn(label, help=help_, format=_FORMATS[kind])


@cache
def _read_definitions() -> Mapping[str, str]:
    marts = read_mart_columns().values()
    return {column.name: column.definition for mart in marts for column in mart}


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _PUNCTUATION.sub(r"\\\1", text)
