"""The expected metric catalog, costs, dataset health and nightly changes, in plain pandas."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from marts_expected_cells import judge
from marts_known import Known, average, quantile, total


def expect_suggestions(known: Known, cells: pd.DataFrame) -> dict[int, tuple[str, int, int]]:
    """The suggested name of each metric, with its hits and runs, by the rule of votes."""
    hits: Counter[tuple[int, str]] = Counter()
    both: Counter[tuple[int, str]] = Counter()
    runs = known.history["runs"]
    for run in runs[[until is None for until in runs.valid_to]].itertuples():
        of_run = cells[(cells.dataset_id == run.dataset_id) & (cells.run_id == run.id)]
        for metric_id, group in of_run.groupby("metric_id"):
            mean = average(group.score)
            judged = [o for o in group.outcome if o in {"pass", "fail"}]
            rate = judged.count("pass") / len(judged) if judged else None
            for key, value in json.loads(run.aggregate_results or "{}").items():
                if mean is not None:
                    both[metric_id, key] += 1
                    hits[metric_id, key] += _agrees(value, mean, rate)
    suggestions = {}
    for (metric_id, key), count in hits.items():
        rivals = [n for pair, n in hits.items() if (pair[0] == metric_id) != (pair[1] == key)]
        if count >= 3 and 2 * count >= both[metric_id, key] and count >= 3 * max(rivals, default=0):
            suggestions[metric_id] = (key, count, both[metric_id, key])
    return suggestions


def _agrees(value: float, mean: float, rate: float | None) -> bool:
    digits = str(value)
    tolerance = 0.5 * 10 ** -len(digits.partition(".")[2]) if "." in digits else 0
    candidates = [mean, mean / 100, *([] if rate is None else [rate, rate * 100])]
    return any(abs(value - candidate) <= max(tolerance + 1e-9, 1e-6) for candidate in candidates)


def expect_catalog(known: Known, suggestions: dict[int, tuple[str, int, int]]) -> pd.DataFrame:
    """``metric_catalog``."""
    named = {row.metric_id: row for row in known.meta["metric_names"].itertuples()}
    starts = known.history["evaluations"].groupby("metric_id").started_at
    rows = []
    for metric_id, group in known.newest("evaluations").groupby("metric_id"):
        user = named.get(metric_id)
        key, hits, runs = suggestions.get(metric_id, (None, None, None))
        by_user = user is not None and user.name is not None
        rows.append(
            {
                "metric_id": metric_id,
                "metric_name": user.name
                if by_user
                else f"{key} ?"
                if key
                else f"metric {metric_id}",
                "family": user.family if user is not None else None,
                "kind": user.kind if user is not None else None,
                "name_source": "named" if by_user else "suggested" if key else "unnamed",
                "suggested_name": key,
                "suggestion_hits": hits,
                "suggestion_runs": runs,
                "evaluations": len(group),
                "first_scored_at": min(starts.get_group(metric_id)),
                "last_scored_at": max(starts.get_group(metric_id)),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def expect_cost_daily(known: Known, scorecard: pd.DataFrame, names: dict[int, str]) -> pd.DataFrame:
    """``cost_daily``."""
    owners = {(row.dataset_id, row.run_id): row.user_email for row in scorecard.itertuples()}
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in known.newest("evaluations").itertuples():
        key = (
            row.started_at.astimezone(UTC).date(),
            row.dataset_id,
            owners[row.dataset_id, row.run_id],
            row.metric_id,
            row.model_slug or "(no model)",
        )
        groups.setdefault(key, []).append(row)
    titles = known.dataset_names()
    rows = []
    for (day, dataset_id, owner, metric_id, model), group in groups.items():
        costs = [row.evaluation_cost for row in group if row.evaluation_cost is not None]
        rows.append(
            {
                "day": day,
                "dataset_id": dataset_id,
                "dataset_name": titles[dataset_id],
                "user_email": owner,
                "metric_id": metric_id,
                "metric_name": names[metric_id],
                "model_slug": model,
                "evaluations": len(group),
                "errors": sum(judge(row) == "error" for row in group),
                "cost": sum(costs) if costs else None,
                "evaluations_without_cost": len(group) - len(costs),
                "credits": total(row.credits_consumed for row in group),
                "input_tokens": total(row.input_tokens for row in group),
                "output_tokens": total(row.output_tokens for row in group),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def expect_health(known: Known, marts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """``dataset_health``, from the other expected marts."""
    newest = known.sync_times[-1]
    since = newest - timedelta(days=30)
    states = {row.dataset_id: row for row in known.meta["dataset_state"].itertuples()}
    started = dict(zip(known.meta["syncs"].sync_id, known.meta["syncs"].started_at, strict=True))
    records = known.history["records"]
    rows = []
    for dataset in known.history["datasets"].itertuples():
        if dataset.valid_to is not None:
            continue
        mine = {
            name: frame[frame.dataset_id == dataset.id] if len(frame) else frame
            for name, frame in marts.items()
            if "dataset_id" in frame
        }
        runs = list(mine["run_scorecard"].itertuples())
        recent = [r for r in runs if r.created_at and since <= r.created_at <= newest]
        captured = Counter(r.capture for r in recent)
        windows = [w for r in recent if (w := r.catch_window_seconds) is not None and w > 0]
        best = next((r for r in runs if r.captured_recency == 1), None)
        metrics = [m for m in mine["run_metric_scores"].itertuples() if m.captured_recency == 1]
        compared = [
            c
            for c in mine.get("run_comparisons", pd.DataFrame()).itertuples()
            if c.captured_recency == 1
        ]
        days = [
            c
            for c in mine["cost_daily"].itertuples()
            if newest.date() - timedelta(days=30) <= c.day < newest.date()
        ]
        costs = [c.cost for c in days if c.cost is not None]
        errors = [e for e in known.meta["sync_errors"].itertuples() if e.dataset_id == dataset.id]
        last_run = max((r.created_at for r in runs if r.created_at), default=None)
        judged = [m for m in metrics if m.pass_rate is not None]
        row: dict[str, Any] = {
            "dataset_id": dataset.id,
            "dataset_name": dataset.name,
            "user_email": dataset.user_email,
            "records": sum(
                r.dataset_id == dataset.id and r.valid_to is None for r in records.itertuples()
            ),
            "last_run_at": last_run,
            "last_captured_run_at": best and best.created_at,
            "last_captured_run_id": best and best.run_id,
            "days_since_run": last_run and max((newest - last_run).days, 0),
            "runs_30d": sum(n for capture, n in captured.items() if capture != "not served"),
            "captured_30d": captured["captured"],
            "partly_captured_30d": captured["partly captured"],
            "missed_30d": captured["missed"],
            "poll_minutes_for_90_percent": quantile(windows, 0.1) / 60 if windows else None,
            "pass_rate": best and best.pass_rate,
            "pass_rate_strict": best and best.pass_rate_strict,
            "metrics": len(metrics),
            "metrics_below_threshold": sum(
                m.threshold is not None and m.mean_score is not None and m.mean_score < m.threshold
                for m in metrics
            ),
            "weakest_metric": min(
                judged, key=lambda m: (m.pass_rate, m.mean_score, m.metric_id)
            ).metric_name
            if judged
            else None,
            "regressions": sum(c.regressions for c in compared),
            "fixes": sum(c.fixes for c in compared),
            "metrics_worse": sum(c.verdict == "worse" for c in compared),
            "metrics_better": sum(c.verdict == "better" for c in compared),
            "cost_30d": sum(costs) if costs else None,
            "last_fetched_at": states[dataset.id].last_fetched_at,
            "fetch_status": states[dataset.id].status,
            "failed_syncs_30d": len({e.sync_id for e in errors if started[e.sync_id] >= since}),
            "last_error": max(errors, key=lambda e: e.sync_id).error if errors else None,
        }
        rows.append(row | {"health": _health(row)})
    return pd.DataFrame(rows, dtype=object)


def _health(row: dict[str, Any]) -> str:
    if row["fetch_status"] in {"failed", "missing", "partial", "quarantined"}:
        return "stale"
    if row["metrics_worse"]:
        return "regressed"
    if row["missed_30d"]:
        return "losing runs"
    if row["days_since_run"] is None or row["days_since_run"] >= 30:
        return "idle"
    return "below threshold" if row["metrics_below_threshold"] else "ok"


def expect_changes(known: Known, captures: pd.DataFrame) -> pd.DataFrame:
    """``nightly_changes``, by comparing what each sync left with what the one before it left."""
    found: Counter[tuple[datetime, int, str, str]] = Counter()
    tables = {
        "dataset": "datasets",
        "record": "records",
        "run": "runs",
        "evaluation": "evaluations",
    }
    for entity, table in tables.items():
        before: dict[tuple[int, int], datetime] = {}
        ever: set[tuple[int, int]] = set()
        for time in known.sync_times:
            now = {(r.dataset_id, r.id): r.valid_from for r in known.at(table, time).itertuples()}
            for key in now.keys() - before.keys():
                found[time, key[0], entity, "returned" if key in ever else "added"] += 1
            for key in before.keys() - now.keys():
                found[time, key[0], entity, "deleted"] += 1
            for key in now.keys() & before.keys():
                found[time, key[0], entity, "edited"] += now[key] != before[key]
            ever |= now.keys()
            before = now
    for row in captures.itertuples():
        if row.lost_at is not None:
            found[row.lost_at, row.key[0], "run", "missed"] += 1
    started = dict(zip(known.meta["syncs"].sync_id, known.meta["syncs"].started_at, strict=True))
    errors = known.meta["sync_errors"]
    for sync_id, dataset_id in set(zip(errors.sync_id, errors.dataset_id, strict=True)):
        found[started[sync_id], dataset_id, "dataset", "fetch failed"] += 1
    ids = {time: sync_id for sync_id, time in started.items()}
    names = known.dataset_names()
    return pd.DataFrame(
        [
            {
                "sync_id": ids[time],
                "sync_started_at": time,
                "is_first_sync": time == known.sync_times[0],
                "dataset_id": dataset_id,
                "dataset_name": names.get(dataset_id),
                "entity": entity,
                "change": change,
                "n": n,
            }
            for (time, dataset_id, entity, change), n in found.items()
            if n
        ],
        dtype=object,
    )
