"""The tab *Compare runs*: what got clearly worse or better, and which answers broke."""

import duckdb
import pyarrow as pa
import streamlit as st

from aegis_etl.dashboard.charts import chart_intervals
from aegis_etl.dashboard.columns import show_table
from aegis_etl.dashboard.content import show_content
from aegis_etl.dashboard.questions import Row, ask
from aegis_etl.dashboard.selection import Selection, label_options, name_or_id
from aegis_etl.report.wording import say_many, say_time

_CHANGES = 30
_FLIPS = 500
_COMPARED = (
    "metric_name",
    "verdict",
    "mean_before",
    "mean_after",
    "mean_change",
    "q_value",
    "n_pairs",
    "pairs_excluded",
    "regressions",
    "fixes",
    "threshold_changed",
    "model_changed",
)
_DRAWN = ("verdict", "mean_change", "change_low", "change_high")
_FLIPPED = (
    "record_id",
    "metric_name",
    "flip",
    "likely_cause",
    "score_before",
    "score_after",
    "threshold_before",
    "threshold_after",
)


def show_comparison(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Of all datasets their clear changes; of one, any two of its captured runs."""
    if selection.dataset_id is None:
        _show_clear_changes(connection, selection)
    else:
        _show_two_runs(connection, selection, selection.dataset_id)


def _show_clear_changes(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    st.caption(
        "Each dataset's newest captured run against the one before it, with 95 % intervals: what"
        " survives the correction for all comparisons of its night (false discovery rate 5 %)."
        " Choose a dataset above to compare any two of its runs and to read the answers."
    )
    changes = ask(connection, "clear_changes", rows=_CHANGES, **selection.values)
    rows = changes.to_pylist()
    if not rows:
        st.info("No comparison of these runs came out worse or better.")
        return
    if rows[0]["changes"] > len(rows):
        st.caption(f"The {len(rows)} largest of {rows[0]['changes']:,} changes")
    datasets = label_options({row["dataset_id"]: row["dataset_name"] for row in rows}, "dataset")
    _show_intervals(rows, [f" · {datasets[row['dataset_id']]}" for row in rows])
    show_table(changes, ("dataset_name", "run_id", *_COMPARED), alt="Clear changes, worst first")


def _show_two_runs(
    connection: duckdb.DuckDBPyConnection, selection: Selection, dataset_id: int
) -> None:
    runs = {
        row["run_id"]: row
        for row in ask(connection, "captured_runs", dataset=dataset_id).to_pylist()
    }
    if len(runs) < 2:
        st.info(
            f"{say_many(len(runs), 'captured run')}: it takes two to compare. Runs that were"
            " missed, or not captured whole, are never compared."
        )
        return
    left, right = st.columns(2)
    candidate = left.selectbox(
        "Run", list(runs), format_func=lambda run: _label_run(runs[run]), key=f"run of {dataset_id}"
    )
    others = [run for run in runs if run != candidate]
    previous = runs[candidate]["previous_captured_run_id"]
    baseline = right.selectbox(
        "Against",
        others,
        index=others.index(previous) if previous in others else 0,
        format_func=lambda run: _label_run(runs[run]),
        key=f"baseline of {dataset_id}/{candidate}",
    )
    compared = ask(
        connection,
        "comparison",
        dataset=dataset_id,
        baseline=baseline,
        candidate=candidate,
        metrics=list(selection.metric_ids),
    )
    _show_compared(compared)
    flips = ask(
        connection,
        "flips",
        dataset=dataset_id,
        baseline=baseline,
        candidate=candidate,
        metrics=list(selection.metric_ids),
        rows=_FLIPS,
    )
    chosen = _choose_flip(flips, key=f"flips of {dataset_id}/{candidate} against {baseline}")
    if chosen is not None:
        show_content(connection, dataset_id, chosen)


def _show_compared(compared: pa.Table) -> None:
    rows = compared.to_pylist()
    if not rows:
        st.info("The two runs have no scored record and metric in common.")
        return
    together = rows[0]["tests_that_night"]
    st.caption(
        "The same records, scored in both runs; those whose question or reference changed are left"
        " out. q is corrected over "
        + (
            f"the {say_many(together, 'comparison')} of the run's night, as in the report."
            if together
            else "the metrics of these two runs."
        )
    )
    _show_intervals(rows, [""] * len(rows))
    show_table(compared, _COMPARED, alt="The two runs, metric by metric, worst first")


def _show_intervals(rows: list[Row], endings: list[str]) -> None:
    metrics = label_options({row["metric_id"]: row["metric_name"] for row in rows}, "metric")
    drawn = [
        {"label": metrics[row["metric_id"]] + ending, **{name: row[name] for name in _DRAWN}}
        for row, ending in zip(rows, endings, strict=True)
        if row["mean_change"] is not None
    ]
    if drawn:
        st.vega_lite_chart(
            chart_intervals(drawn),
            alt="Changes of mean scores with their 95 % intervals; the table below tells them",
            width="stretch",
        )


def _choose_flip(flips: pa.Table, *, key: str) -> Row | None:
    st.subheader("Verdicts that flipped", anchor=False)
    if not len(flips):
        st.info("No verdict differs between the two runs.")
        return None
    total = flips["flips"][0].as_py()
    st.caption(
        "Regressions first, the largest changes of score first. Select a row to read what the"
        " record said and the judge's reasons."
        + (f" The first {len(flips)} of {total:,}." if total > len(flips) else "")
    )
    places = show_table(flips, _FLIPPED, alt="Verdicts that flipped", key=key)
    return flips.slice(places[0], 1).to_pylist()[0] if places else None


def _label_run(run: Row) -> str:
    alias = f" · {name_or_id(run['alias'], run['run_id'], 'run')}" if run["alias"] else ""
    return f"run {run['run_id']} · {say_time(run['created_at'])}{alias}"
