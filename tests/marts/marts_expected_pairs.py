"""The expected flips, comparisons, stability and reliability, in plain pandas."""

from itertools import pairwise
from math import sqrt
from typing import Any

import pandas as pd
from marts_known import Known, average, quantile, share, spread
from reference_statistics import benjamini_hochberg, sign_test, t_975, t_two_sided


def _differs(before: Any, after: Any) -> bool | None:
    """Whether two contents differ; None where one was never seen."""
    return None if before is None or after is None else before != after


def pair_cells(outcomes: pd.DataFrame, scorecard: pd.DataFrame) -> list[tuple[Any, Any, Any]]:
    """(run, cell before, cell after) of every cell that a run shares with the one before it."""
    cells = {
        (row.dataset_id, row.run_id, row.record_id, row.metric_id): row
        for row in outcomes.itertuples()
    }
    previous = {
        (row.dataset_id, row.run_id): row
        for row in scorecard.itertuples()
        if row.previous_captured_run_id is not None
    }
    pairs = []
    for (dataset_id, run_id, record_id, metric_id), after in cells.items():
        run = previous.get((dataset_id, run_id))
        if run is not None:
            key = (dataset_id, run.previous_captured_run_id, record_id, metric_id)
            if key in cells:
                pairs.append((run, cells[key], after))
    return pairs


def _is_flip(before: Any, after: Any) -> bool:
    return {before.outcome, after.outcome} == {"pass", "fail"}


def _cause(before: Any, after: Any) -> str:
    answer = _differs(before.output_hash, after.output_hash)
    question = _differs(before.question_hash, after.question_hash)
    if before.threshold != after.threshold:
        return "threshold changed"
    if answer:
        return "answer changed"
    if question:
        return "question or reference changed"
    if before.model_slug != after.model_slug:
        return "scoring model changed"
    return "unknown" if None in {answer, question} else "content unchanged"


def expect_flips(pairs: list[tuple[Any, Any, Any]]) -> pd.DataFrame:
    """``outcome_flips``."""
    return pd.DataFrame(
        [
            {
                "dataset_id": run.dataset_id,
                "dataset_name": run.dataset_name,
                "run_id": run.run_id,
                "previous_run_id": before.run_id,
                "run_started_at": run.started_at,
                "record_id": after.record_id,
                "metric_id": after.metric_id,
                "metric_name": after.metric_name,
                "flip": "regression" if after.outcome == "fail" else "fix",
                "score_before": before.score,
                "score_after": after.score,
                "score_change": after.score - before.score,
                "threshold_before": before.threshold,
                "threshold_after": after.threshold,
                "likely_cause": _cause(before, after),
                "previous_evaluation_id": before.evaluation_id,
                "evaluation_id": after.evaluation_id,
            }
            for run, before, after in pairs
            if _is_flip(before, after)
        ],
        dtype=object,
    )


def expect_comparisons(known: Known, pairs: list[tuple[Any, Any, Any]]) -> pd.DataFrame:
    """``run_comparisons``."""
    groups: dict[tuple[int, int, int], list[tuple[Any, Any, Any]]] = {}
    for run, before, after in pairs:
        if before.score is not None and after.score is not None:
            key = (run.dataset_id, run.run_id, after.metric_id)
            groups.setdefault(key, []).append((run, before, after))
    rows = [_compare(known, group) for group in groups.values()]
    nights: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        nights.setdefault(row["first_sync_id"], []).append(row)
    for night in nights.values():
        tested = [row for row in night if row["p_value"] is not None]
        adjusted = benjamini_hochberg([row["p_value"] for row in tested])
        for row in night:
            row["tests_that_night"] = len(tested)
        for row, q_value in zip(tested, adjusted, strict=True):
            row["q_value"] = q_value
    for row in rows:
        row["verdict"] = _verdict(row)
    return pd.DataFrame(rows, dtype=object)


def _verdict(row: dict[str, Any]) -> str:
    if row["n_pairs"] < 5:
        return "too few pairs"
    if row["q_value"] is None or row["q_value"] >= 0.05:
        return "no clear change"
    return "worse" if row["mean_change"] < 0 else "better"


def _compare(known: Known, group: list[tuple[Any, Any, Any]]) -> dict[str, Any]:
    run, _, after = group[0]
    used = [(b, a) for _, b, a in group if not _differs(b.question_hash, a.question_hash)]
    changes = [a.score - b.score for b, a in used]
    n, mean, sd = len(used), average(changes), spread(changes)
    error = sd / sqrt(n) if sd is not None else None
    p_value = low = high = None
    if n >= 5:
        low, high = mean - t_975(n - 1) * error, mean + t_975(n - 1) * error
        if any(changes):
            same = len(set(changes)) == 1
            p_value = 2 * 0.5**n if same else t_two_sided(mean / error, n - 1)
    flips = [(b.outcome, a.outcome) for b, a in used]
    regressions, fixes = flips.count(("pass", "fail")), flips.count(("fail", "pass"))
    syncs = known.meta["syncs"]
    after_finish = syncs[[started > run.finished_at for started in syncs.started_at]]
    return {
        "dataset_id": run.dataset_id,
        "dataset_name": run.dataset_name,
        "run_id": run.run_id,
        "previous_run_id": run.previous_captured_run_id,
        "run_started_at": run.started_at,
        "run_finished_at": run.finished_at,
        "captured_recency": run.captured_recency,
        "metric_id": after.metric_id,
        "metric_name": after.metric_name,
        "n_pairs": n,
        "pairs_excluded": len(group) - n,
        "mean_before": average(b.score for b, _ in used),
        "mean_after": average(a.score for _, a in used),
        "mean_change": mean,
        "regressions": regressions,
        "fixes": fixes,
        "threshold_changed": any(b.threshold != a.threshold for _, b, a in group),
        "model_changed": any(b.model_slug != a.model_slug for b, a in used),
        "standard_error": error,
        "change_low": low,
        "change_high": high,
        "p_value": p_value,
        "flip_p_value": sign_test(regressions, fixes),
        "detectable_change": None if error is None else 2.8 * error,
        "first_sync_id": min(after_finish.sync_id, default=None),
        "tests_that_night": 0,
        "q_value": None,
        "verdict": "",
    }


def expect_stability(
    outcomes: pd.DataFrame, scorecard: pd.DataFrame, pairs: list[tuple[Any, Any, Any]]
) -> pd.DataFrame:
    """``record_stability``."""
    recency = {
        (row.dataset_id, row.run_id): (row.captured_recency, row.dataset_name)
        for row in scorecard.itertuples()
        if row.captured_recency is not None
    }
    flips: dict[tuple[int, int, int], list[bool]] = {}
    for _, before, after in pairs:
        if _is_flip(before, after):
            changed = (
                _differs(before.output_hash, after.output_hash),
                _differs(before.question_hash, after.question_hash),
            )
            key = (after.dataset_id, after.record_id, after.metric_id)
            flips.setdefault(key, []).append(changed == (False, False))
    rows = []
    for key, group in outcomes.groupby(["dataset_id", "record_id", "metric_id"]):
        cells = [c for c in group.itertuples() if (c.dataset_id, c.run_id) in recency]
        if not cells:
            continue
        newest = min(cells, key=lambda c: recency[c.dataset_id, c.run_id][0])
        count = {o: sum(c.outcome == o for c in cells) for o in ("pass", "fail", "error")}
        of_cell = flips.get(key, [])
        rows.append(
            {
                "dataset_id": key[0],
                "dataset_name": recency[newest.dataset_id, newest.run_id][1],
                "record_id": key[1],
                "metric_id": key[2],
                "metric_name": newest.metric_name,
                "runs": len(cells),
                "passed": count["pass"],
                "failed": count["fail"],
                "errors": count["error"],
                "pass_rate": share(count["pass"], count["fail"]),
                "mean_score": average(c.score for c in cells),
                "sd_score": spread(c.score for c in cells),
                "lowest_score": min((c.score for c in cells if c.score is not None), default=None),
                "flips": len(of_cell),
                "flips_without_edit": sum(of_cell),
                "latest_outcome": newest.outcome,
                "latest_score": newest.score,
                "label": _label(count["pass"], count["fail"], sum(of_cell)),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _label(passed: int, failed: int, flips_without_edit: int) -> str:
    if passed + failed < 3:
        return "too few runs"
    if not passed:
        return "always fails"
    if flips_without_edit >= 2:
        return "flaky"
    return "mixed" if failed else "always passes"


def expect_reliability(known: Known, outcomes: pd.DataFrame, names: dict[int, str]) -> pd.DataFrame:
    """``judge_reliability``."""
    received = known.newest("evaluations")
    received = received.assign(judge=[slug or "(no model)" for slug in received.model_slug])
    cells = outcomes.assign(judge=[slug or "(no model)" for slug in outcomes.model_slug])
    rows = []
    for (metric_id, judge), group in received.groupby(["metric_id", "judge"]):
        of_judge = cells[(cells.metric_id == metric_id) & (cells.judge == judge)]
        repeats = []
        for _, record in of_judge.groupby(["dataset_id", "record_id"]):
            scored = sorted(
                (c for c in record.itertuples() if c.score is not None),
                key=lambda c: (c.started_at, c.evaluation_id),
            )
            repeats += [
                (b, a)
                for b, a in pairwise(scored)
                if b.threshold == a.threshold
                and _differs(b.question_hash, a.question_hash) is False
                and _differs(b.output_hash, a.output_hash) is False
            ]
        squared = average((a.score - b.score) ** 2 for b, a in repeats)
        repeat_sd = None if squared is None else sqrt(squared / 2)
        spread_of_scores = spread(of_judge.score)
        distances = [
            abs(c.score - c.threshold)
            for c in of_judge.itertuples()
            if c.score is not None and c.threshold is not None
        ]
        outcome = list(of_judge.outcome)
        verdicts = outcome.count("pass") + outcome.count("fail")
        rows.append(
            {
                "metric_id": metric_id,
                "metric_name": names[metric_id],
                "model_slug": judge,
                "evaluations": len(group),
                "error_rate": share(outcome.count("error"), verdicts),
                "sd_score": spread_of_scores,
                "repeats": len(repeats),
                "repeat_sd": repeat_sd,
                "mean_abs_change": average(abs(a.score - b.score) for b, a in repeats),
                "identical_share": average(float(a.score == b.score) for b, a in repeats),
                "repeat_flip_rate": average(float(a.outcome != b.outcome) for b, a in repeats),
                "near_threshold_share": None
                if repeat_sd is None
                else average(float(distance <= repeat_sd) for distance in distances),
                "reliability": 1 - repeat_sd**2 / spread_of_scores**2
                if repeat_sd is not None and spread_of_scores
                else None,
                "median_latency_seconds": quantile(of_judge.latency_seconds, 0.5),
                "p95_latency_seconds": quantile(of_judge.latency_seconds, 0.95),
            }
        )
    return pd.DataFrame(rows, dtype=object)
