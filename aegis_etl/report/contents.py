"""What the page shows, section by section: the answers of the report's questions, with figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb

from aegis_etl.errors import AegisEtlError
from aegis_etl.report.differences import compare_texts
from aegis_etl.report.drawing import Draw, Figure
from aegis_etl.report.figures import (
    draw_captures,
    draw_changes,
    draw_costs,
    draw_intervals,
    draw_quality,
)
from aegis_etl.report.questions import Row, ask, prepare_inputs
from aegis_etl.report.tiles import Tile, make_tiles
from aegis_etl.report.verdict import Clause, say_verdict
from aegis_etl.report.watching import RunTimes, count_caught_by_watching

TERMS = {
    "pass rate": "pass_rate",
    "strict pass rate": "pass_rate_strict",
    "failed to score": "errors",
    "worse, better, no clear change": "verdict",
    "q": "q_value",
    "smallest change to be seen": "detectable_change",
    "cause of a flip": "likely_cause",
    "captured, missed": "capture",
    "look every": "poll_minutes_for_90_percent",
    "cost": "cost",
    "scoring model": "model_slug",
    "name of a metric": "metric_name",
    "repeats": "repeats",
    "noise": "repeat_sd",
    "near threshold": "near_threshold_share",
    "reliability": "reliability",
    "always fails, flaky": "label",
    "health": "health",
}
"""The terms that the last section explains, and the mart column whose definition it quotes."""

REGRESSIONS = 8
EDITS = 6

_CLEAR_CHANGES = 12  # in each direction
_PANELS = 24
_JUDGES = 24
_STALE = 50
_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class Lost:
    """The runs of 30 days that were not captured whole, and what could have caught them.

    Attributes:
        runs: missed or partly captured.
        beyond_polling: replaced before they had finished; no polling catches those.
        by_watching: those that the ``watch`` schedule would have caught.
    """

    runs: int
    beyond_polling: int
    by_watching: int


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Everything that the page shows.

    Rows are named after their questions in ``sql/report/``. A ``…_figure`` is None where there is
    nothing to draw.
    """

    night: Row
    verdict: list[Clause]
    totals: Row
    tiles: list[Tile]
    comparisons: Row
    clear_changes: list[Row]
    interval_axis: Figure | None
    flip_causes: list[Row]
    regressions: list[Row]
    quality: list[Row]
    cost_by_day: list[Row]
    cost_figure: Figure | None
    spending: Mapping[str, list[Row]]
    captures: Mapping[str, int]
    captures_figure: Figure | None
    lost: Lost
    losing_datasets: list[Row]
    changes: list[Row]
    changed_datasets: list[Row]
    changes_figure: Figure | None
    edited_texts: list[Row]
    judges: list[Row]
    unstable_records: Mapping[str, list[Row]]
    stale_datasets: list[Row]
    failed_audits: list[Row]
    health: list[Row]
    terms: list[tuple[str, str]]


def read_contents(connection: duckdb.DuckDBPyConnection, draw: Draw) -> Contents:
    """Asks every question of a built warehouse and has the figures drawn meanwhile.

    Raises:
        AegisEtlError: the warehouse holds no sync.
    """
    prepare_inputs(connection)
    if not (nights := ask(connection, "night")):
        raise AegisEtlError("the warehouse holds no sync to report on; run aegis-etl sync")
    night = nights[0]
    totals = ask(connection, "totals_by_night")
    (comparisons,) = ask(connection, "comparison_counts")
    clear_changes = ask(connection, "clear_changes", rows=_CLEAR_CHANGES)
    intervals, interval_axis = draw_intervals(clear_changes, draw)
    cost_by_day = ask(connection, "cost_by_day")
    capture_counts = ask(connection, "capture_counts")
    return Contents(
        night=night,
        verdict=say_verdict(night, comparisons, totals[-1]["runs_missed"]),
        totals=totals[-1],
        tiles=make_tiles(totals, cost_by_day, draw),
        comparisons=comparisons,
        clear_changes=[
            {**row, "interval": drawn} for row, drawn in zip(clear_changes, intervals, strict=True)
        ],
        interval_axis=interval_axis,
        flip_causes=ask(connection, "flip_causes"),
        regressions=_read_regressions(connection),
        quality=_read_quality(connection, night, draw),
        cost_by_day=cost_by_day,
        cost_figure=draw_costs(cost_by_day, draw),
        spending=_group(ask(connection, "spending", rows=_ROWS), "dimension"),
        captures={row["capture"]: row["runs"] for row in capture_counts},
        captures_figure=draw_captures(ask(connection, "runs_by_day"), night, draw),
        lost=_count_lost(connection, capture_counts),
        losing_datasets=ask(connection, "losing_datasets", rows=_ROWS),
        changes=ask(connection, "changes"),
        changed_datasets=ask(connection, "changed_datasets", rows=_ROWS),
        changes_figure=draw_changes(totals, draw),
        edited_texts=_read_edited_texts(connection),
        judges=ask(connection, "judges", rows=_JUDGES),
        unstable_records=_group(ask(connection, "unstable_records", rows=_ROWS), "label"),
        stale_datasets=ask(connection, "stale_datasets", rows=_STALE),
        failed_audits=ask(connection, "failed_audits"),
        health=ask(connection, "health"),
        terms=_read_terms(connection),
    )


def _read_regressions(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    rows = ask(connection, "regressions", rows=REGRESSIONS)
    for row in rows:
        before, after = row["before"], row["after"]
        for name in ("prompt", "input", "context", "golden_answer", "output"):
            row[name] = compare_texts(before[name], after[name])
    return rows


def _read_edited_texts(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    rows = ask(connection, "edited_texts", rows=EDITS)
    return [{**row, "text": compare_texts(row["before"], row["after"])} for row in rows]


def _read_quality(connection: duckdb.DuckDBPyConnection, night: Row, draw: Draw) -> list[Row]:
    days = _group(ask(connection, "quality_by_day"), "metric_id")
    metrics = ask(connection, "quality_by_metric", rows=_PANELS)
    return [
        {**row, "figure": draw_quality(days.get(row["metric_id"], []), night, draw)}
        for row in metrics
    ]


def _count_lost(connection: duckdb.DuckDBPyConnection, capture_counts: list[Row]) -> Lost:
    lost = [row for row in capture_counts if row["capture"] in {"missed", "partly captured"}]
    times = [RunTimes(**row) for row in ask(connection, "run_times")]
    syncs = [row["started_at"] for row in ask(connection, "sync_times")]
    return Lost(
        runs=sum(row["runs"] for row in lost),
        beyond_polling=sum(row["beyond_polling"] for row in lost),
        by_watching=count_caught_by_watching(times, syncs),
    )


def _read_terms(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = ask(connection, "definitions", columns=list(TERMS.values()))
    definitions = {row["column_name"]: row["definition"] for row in rows}
    return [(term, definitions[column]) for term, column in TERMS.items()]


def _group(rows: list[Row], column: str) -> dict[Any, list[Row]]:
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row[column])}
