"""The expected outcomes of cells, in plain pandas."""

from datetime import datetime
from typing import Any

import pandas as pd
from marts_known import Known, seconds

QUESTION = (
    "prompt", "input", "input_type", "context", "context_type", "golden_answer",
    "golden_answer_type",
)  # fmt: skip
ANSWER = ("output", "output_type")


def judge(row: Any) -> str:
    """The outcome of one evaluation."""
    if row.is_success is False:
        return "error"
    if row.result is None:
        return "pending" if row.finished_at is None else "error"
    if row.is_gte_threshold is not None:
        return "pass" if row.is_gte_threshold else "fail"
    if row.threshold is None:
        return "unjudged"
    return "pass" if row.result >= row.threshold else "fail"


def content_when_scored(versions: list[Any], started: datetime) -> Any | None:
    """The version of a record in force at a time; None where it was never seen."""
    holding, since, before = None, None, None
    for version in versions:
        if before is None:
            begin = version.updated_at or version.created_at
        elif version.updated_at is not None and (
            before.updated_at is None or version.updated_at > before.updated_at
        ):
            begin = version.updated_at
        else:
            begin = version.valid_from
        if begin <= started and (since is None or begin >= since):
            holding, since = version, begin
        before = version
    return holding


def expect_cells(known: Known) -> pd.DataFrame:
    """``evaluation_outcomes`` without names, with the content itself in place of its hashes."""
    evaluations = known.newest("evaluations")
    evaluations = evaluations[[bool(is_open) for is_open in evaluations.is_open]]
    records = known.history["records"].sort_values("valid_from", kind="stable")
    versions = {
        key: list(group.itertuples()) for key, group in records.groupby(["dataset_id", "id"])
    }
    shown = known.history["evaluated_runs"]
    latest = {(row.dataset_id, row.run_id) for row in shown.itertuples() if row.valid_to is None}
    cells: dict[tuple[int, ...], list[Any]] = {}
    for row in evaluations.itertuples():
        key = (row.dataset_id, row.run_id, row.record_id, row.metric_id)
        cells.setdefault(key, []).append(row)
    rows = []
    for cell in cells.values():
        row = max(cell, key=lambda e: (e.created_at, e.id))
        outcome = judge(row)
        content = content_when_scored(
            versions.get((row.dataset_id, row.record_id), []), row.started_at
        )
        rows.append(
            {
                "evaluation_id": row.id,
                "dataset_id": row.dataset_id,
                "run_id": row.run_id,
                "record_id": row.record_id,
                "metric_id": row.metric_id,
                "model_slug": row.model_slug,
                "outcome": outcome,
                "score": None if outcome in {"error", "pending"} else row.result,
                "threshold": row.threshold,
                "question_hash": content and tuple(getattr(content, n) for n in QUESTION),
                "output_hash": content and tuple(getattr(content, n) for n in ANSWER),
                "rescored": len(cell) - 1,
                "is_latest": (row.dataset_id, row.run_id) in latest,
                "started_at": row.started_at,
                "latency_seconds": seconds(row.finished_at, row.started_at),
            }
        )
    return pd.DataFrame(rows, dtype=object)
