"""The expected run scorecard, scores by metric and scores by day, in plain pandas."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
from marts_known import Known, average, quantile, seconds, share, spread, total
from reference_statistics import wilson


def _known_runs(known: Known) -> list[Any]:
    """Every run ever listed or shown, with what each sync showed of it."""
    listed = known.newest("runs")
    runs = list(listed.assign(is_listed=True, run_id=listed.id).itertuples())
    ids = {(row.dataset_id, row.run_id) for row in runs}
    evaluations = known.history["evaluations"]
    for key, group in known.history["evaluated_runs"].groupby(["dataset_id", "run_id"]):
        if key not in ids:
            of_run = evaluations[
                (evaluations.dataset_id == key[0]) & (evaluations.run_id == key[1])
            ]
            blank = dict.fromkeys(listed.columns)
            blank |= {"dataset_id": key[0], "run_id": key[1], "is_listed": False}
            blank["is_open"] = any(until is None for until in group.valid_to)
            blank["born"] = min(of_run.created_at)
            runs.append(next(pd.DataFrame([blank], dtype=object).itertuples()))
    return runs


def expect_captures(known: Known) -> pd.DataFrame:
    """Every run with what became of its evaluations, by replaying the syncs."""
    seen: dict[tuple[int, int], set[str]] = {}
    first_seen: dict[tuple[int, int], datetime] = {}
    kinds = set()
    for time in known.sync_times:
        listed = {(r.dataset_id, r.id): r for r in known.at("runs", time).itertuples()}
        shown = {(r.dataset_id, r.run_id) for r in known.at("evaluated_runs", time).itertuples()}
        for key in {*listed, *shown}:
            first_seen.setdefault(key, time)
        for key in shown:
            seen.setdefault(key, set()).add("shown")
            if key in listed:
                kinds.add((listed[key].run_type_id, listed[key].run_source_id))
                if listed[key].finished_at is not None:
                    seen[key].add("whole")
    datasets = known.history["datasets"].groupby("id").valid_from.min()
    rows = []
    for run in _known_runs(known):
        key = (run.dataset_id, run.run_id)
        served = not run.is_listed or (run.run_type_id, run.run_source_id) in kinds
        rows.append(
            {
                "run": run,
                "key": key,
                "served": served,
                "born": run.created_at if run.is_listed else run.born,
                "first_seen": first_seen[key],
                "seen": seen.get(key, set()),
                "first_synced_at": datasets[run.dataset_id],
            }
        )
    for row in rows:
        later = sorted(
            (
                other
                for other in rows
                if other["served"]
                and other["key"][0] == row["key"][0]
                and (other["born"], other["key"][1]) > (row["born"], row["key"][1])
            ),
            key=lambda other: (other["born"], other["key"][1]),
        )
        follower = later[0] if later and row["served"] else None
        newest = row["run"].is_open and not any(other["run"].is_open for other in later)
        row["superseded_at"] = follower and follower["born"]
        row["capture"] = _capture(row, follower, newest=newest)
        row["lost_at"] = None
        if row["capture"] == "missed":
            row["lost_at"] = (
                max(row["first_seen"], follower["first_seen"]) if follower else row["run"].valid_to
            )
    for dataset_id in {row["key"][0] for row in rows}:
        comparable = sorted(
            (
                row
                for row in rows
                if row["key"][0] == dataset_id
                and row["capture"] == "captured"
                and row["run"].is_open
            ),
            key=lambda row: (row["born"], row["key"][1]),
        )
        for place, row in enumerate(comparable):
            row["captured_recency"] = len(comparable) - place
            row["previous"] = comparable[place - 1]["key"][1] if place else None
    return pd.DataFrame(rows, dtype=object).where(lambda frame: frame.notna(), None)


def _capture(row: dict[str, Any], follower: dict[str, Any] | None, *, newest: bool) -> str:
    if not row["served"]:
        return "not served"
    if "whole" in row["seen"]:
        return "captured"
    if newest and row["run"].finished_at is None:
        return "in progress"
    if row["seen"]:
        return "partly captured"
    if newest:
        return "awaiting"
    if follower and follower["first_seen"] <= row["first_synced_at"]:
        return "before first sync"
    return "missed"


def expect_scorecard(known: Known, outcomes: pd.DataFrame) -> pd.DataFrame:
    """``run_scorecard``."""
    received = known.newest("evaluations")
    names = known.dataset_names()
    existing = {row.id for row in known.history["datasets"].itertuples() if row.valid_to is None}
    rows = []
    for found in expect_captures(known).itertuples():
        run, (dataset_id, run_id) = found.run, found.key
        costs = received[(received.dataset_id == dataset_id) & (received.run_id == run_id)]
        cells = outcomes[(outcomes.dataset_id == dataset_id) & (outcomes.run_id == run_id)]
        count = {o: int((cells.outcome == o).sum()) for o in ("pass", "fail", "error", "pending")}
        records = _count_records(known, dataset_id, run.created_at) if run.is_listed else None
        expected = None if records is None else records * run.number_of_metrics
        spent = [cost for cost in costs.evaluation_cost if cost is not None]
        rows.append(
            {
                "run_id": run_id,
                "dataset_id": dataset_id,
                "dataset_name": names[dataset_id],
                "alias": run.alias,
                "model_slug": run.model_slug,
                "user_email": run.user_email,
                "run_source_name": run.run_source_name,
                "run_type_name": run.run_type_name,
                "is_listed": run.is_listed,
                "dataset_exists": dataset_id in existing,
                "created_at": run.created_at,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "duration_seconds": seconds(run.finished_at, run.started_at),
                "capture": found.capture,
                "expected_records": records,
                "number_of_metrics": run.number_of_metrics,
                "expected_evaluations": expected,
                "captured_evaluations": len(costs),
                "coverage": len(cells) / expected if expected else None,
                "expected_basis": None
                if run.created_at is None
                else "observed"
                if run.created_at > found.first_synced_at
                else "estimated",
                "superseded_at": found.superseded_at,
                "catch_window_seconds": seconds(found.superseded_at, run.finished_at),
                "api_result": run.result,
                "mean_score": average(cells.score),
                "passed": count["pass"],
                "failed": count["fail"],
                "errors": count["error"],
                "pending": count["pending"],
                "pass_rate": share(count["pass"], count["fail"]),
                "pass_rate_strict": share(count["pass"], count["fail"], count["error"]),
                "cost": sum(spent) if spent else None,
                "credits": total(costs.credits_consumed),
                "input_tokens": total(costs.input_tokens),
                "output_tokens": total(costs.output_tokens),
                "median_latency_seconds": quantile(cells.latency_seconds, 0.5),
                "captured_recency": found.captured_recency,
                "previous_captured_run_id": found.previous,
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _count_records(known: Known, dataset_id: int, time: datetime) -> int:
    records = known.history["records"]
    count = 0
    for _, versions in records[records.dataset_id == dataset_id].groupby("id"):
        ended = None if None in set(versions.valid_to) else max(versions.valid_to)
        count += min(versions.created_at) <= time and (ended is None or time < ended)
    return count


def expect_metric_scores(outcomes: pd.DataFrame, scorecard: pd.DataFrame) -> pd.DataFrame:
    """``run_metric_scores``."""
    runs = {(row.dataset_id, row.run_id): row for row in scorecard.itertuples()}
    rows = []
    for (dataset_id, run_id, metric_id), cells in outcomes.groupby(
        ["dataset_id", "run_id", "metric_id"]
    ):
        run = runs[dataset_id, run_id]
        count = {o: int((cells.outcome == o).sum()) for o in ("pass", "fail", "error", "pending")}
        thresholds = {t for t in cells.threshold if t is not None}
        low, high = wilson(count["pass"], count["pass"] + count["fail"]) or (None, None)
        rows.append(
            {
                "run_id": run_id,
                "dataset_id": dataset_id,
                "dataset_name": run.dataset_name,
                "capture": run.capture,
                "run_started_at": run.started_at,
                "captured_recency": run.captured_recency,
                "metric_id": metric_id,
                "metric_name": cells.metric_name.iloc[0],
                "threshold": max(thresholds, default=None),
                "threshold_mixed": len(thresholds) > 1,
                "cells": len(cells),
                "passed": count["pass"],
                "failed": count["fail"],
                "errors": count["error"],
                "pending": count["pending"],
                "scored": int(cells.score.notna().sum()),
                "mean_score": average(cells.score),
                "sd_score": spread(cells.score),
                "p10_score": quantile(cells.score, 0.1),
                "median_score": quantile(cells.score, 0.5),
                "median_latency_seconds": quantile(cells.latency_seconds, 0.5),
                "pass_rate": share(count["pass"], count["fail"]),
                "pass_rate_strict": share(count["pass"], count["fail"], count["error"]),
                "pass_rate_low": low,
                "pass_rate_high": high,
                "error_rate": share(count["error"], count["pass"], count["fail"]),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def expect_quality_daily(outcomes: pd.DataFrame, scorecard: pd.DataFrame) -> pd.DataFrame:
    """``quality_daily``."""
    captured = scorecard[scorecard.capture == "captured"]
    runs = captured[["dataset_id", "run_id", "dataset_name", "started_at"]]
    cells = outcomes.drop(columns="started_at").merge(runs, on=["dataset_id", "run_id"])
    cells["day"] = [started.astimezone(UTC).date() for started in cells.started_at]
    rows = []
    for (day, dataset_id, metric_id), group in cells.groupby(["day", "dataset_id", "metric_id"]):
        count = {o: int((group.outcome == o).sum()) for o in ("pass", "fail", "error")}
        rows.append(
            {
                "day": day,
                "dataset_id": dataset_id,
                "dataset_name": group.dataset_name.iloc[0],
                "metric_id": metric_id,
                "metric_name": group.metric_name.iloc[0],
                "runs": group.run_id.nunique(),
                "passed": count["pass"],
                "failed": count["fail"],
                "errors": count["error"],
                "scored": int(group.score.notna().sum()),
                "mean_score": average(group.score),
                "pass_rate": share(count["pass"], count["fail"]),
                "pass_rate_strict": share(count["pass"], count["fail"], count["error"]),
            }
        )
    return pd.DataFrame(rows, dtype=object)
