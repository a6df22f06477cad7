"""Why quality moves: what the world planted is what the payloads show, and nothing else moves."""

import math
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from aegis_etl.sandbox import World

JUDGED = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18}


class Comparison(NamedTuple):
    """One dataset's shown run against the one shown the night before."""

    cause: str | None
    before: dict[str, Any]
    after: dict[str, Any]

    def changes(self, metric_id: int) -> list[float]:
        """Score after minus score before of each record that both scored."""
        scores = [_scores(payload, metric_id) for payload in (self.before, self.after)]
        return [scores[1][key] - scores[0][key] for key in scores[0].keys() & scores[1].keys()]

    @property
    def metric_ids(self) -> set[int]:
        """The metrics of the later run."""
        return {each["metric_id"] for each in self.after["evaluations"]}

    def of_evaluations(self, field: str) -> tuple[set[Any], set[Any]]:
        """The values of a field among judged evaluations before and after."""
        return tuple(  # type: ignore[return-value] # there are two
            {each[field] for each in payload["evaluations"] if each["metric_id"] in JUDGED}
            for payload in (self.before, self.after)
        )

    def outputs(self) -> tuple[dict[int, Any], dict[int, Any]]:
        """The answers by record id before and after."""
        return tuple(  # type: ignore[return-value] # there are two
            {record["id"]: record["output"] for record in payload["records"]}
            for payload in (self.before, self.after)
        )


def _scores(payload: dict[str, Any], metric_id: int) -> dict[int, float]:
    return {
        each["record_id"]: each["result"]
        for each in payload["evaluations"]
        if each["metric_id"] == metric_id and each["result"] is not None
    }


def _is_whole(payload: dict[str, Any]) -> bool:
    evaluations = payload["evaluations"]
    return bool(evaluations) and all(each["finished_at"] for each in evaluations)


@pytest.fixture(scope="module")
def comparisons() -> list[Comparison]:
    """Every pair of successive shown runs over eight nights of the default account."""
    world = World(records=40)
    found: list[Comparison] = []
    before = {dataset_id: world.payload(dataset_id) or {} for dataset_id in world.dataset_ids()}
    for _ in range(8):
        world.live_night()
        causes = {each.run_id: each.cause for each in world.planted}
        for dataset_id in world.dataset_ids():
            payload = world.payload(dataset_id) or {}
            if not _is_whole(payload):
                continue
            old, run_id = before.get(dataset_id), payload["evaluations"][0]["run_id"]
            if old and _is_whole(old) and old["evaluations"][0]["run_id"] != run_id:
                found.append(Comparison(causes.get(run_id), old, payload))
            before[dataset_id] = payload
    return found


def clear_changes(comparisons: list[Comparison]) -> Iterator[bool]:
    """For each comparison and metric, whether the mean moved by more than three standard errors."""
    for comparison in comparisons:
        for metric_id in comparison.metric_ids:
            changes = comparison.changes(metric_id)
            if len(changes) < 5 or not any(changes):
                yield False
            else:
                error = statistics.stdev(changes) / math.sqrt(len(changes))
                yield error == 0 or abs(statistics.fmean(changes)) > 3 * error


def test_every_cause_is_planted(comparisons: list[Comparison]) -> None:
    """Promise: each of the four causes occurs, and most comparisons have none."""
    causes = [comparison.cause for comparison in comparisons]
    assert set(causes) == {
        "answer changed",
        "judge changed",
        "scoring model changed",
        "threshold changed",
        None,
    }
    assert causes.count(None) > len(causes) / 2


def test_unplanted_runs_show_no_clear_change(comparisons: list[Comparison]) -> None:
    """Promise: at least 95 % of comparisons of unplanted runs show no clear change."""
    unplanted = list(clear_changes([each for each in comparisons if each.cause is None]))
    assert len(unplanted) > 300
    assert sum(unplanted) / len(unplanted) < 0.05


def test_unchanged_content_repeats_but_not_always_exactly(comparisons: list[Comparison]) -> None:
    """Promise: judges are a little noisy, deterministic metrics repeat exactly."""
    plain = [each for each in comparisons if each.cause is None]
    judged: list[float] = []
    for comparison in plain:
        old, new = comparison.outputs()
        for metric_id in comparison.metric_ids:
            scores = [_scores(payload, metric_id) for payload in comparison[1:]]
            same = [key for key in scores[0].keys() & scores[1].keys() if old[key] == new[key]]
            changes = [scores[1][key] - scores[0][key] for key in same]
            if metric_id in JUDGED:
                judged += changes
    assert 0.3 < sum(change == 0 for change in judged) / len(judged) < 0.8
    assert 0.5 < statistics.pstdev(judged) < 3


def test_a_changed_judge_moves_scores_of_the_same_content(comparisons: list[Comparison]) -> None:
    """Promise: *judge changed*: same answers, same model, same thresholds, clearly other scores."""
    for comparison in (each for each in comparisons if each.cause == "judge changed"):
        old, new = comparison.outputs()
        assert old == new
        for field in ("model_slug", "threshold"):
            before, after = comparison.of_evaluations(field)
            assert before == after
        moved = [
            abs(statistics.fmean(comparison.changes(metric_id)))
            for metric_id in comparison.metric_ids & JUDGED
        ]
        assert max(moved) > 4


def test_a_changed_model_shows_its_name(comparisons: list[Comparison]) -> None:
    """Promise: *scoring model changed*: same answers, another model, other scores."""
    for comparison in (each for each in comparisons if each.cause == "scoring model changed"):
        old, new = comparison.outputs()
        assert old == new
        before, after = comparison.of_evaluations("model_slug")
        assert before != after


def test_changed_answers_differ_in_their_text(comparisons: list[Comparison]) -> None:
    """Promise: *answer changed*: many answers are another text, and their scores moved."""
    for comparison in (each for each in comparisons if each.cause == "answer changed"):
        old, new = comparison.outputs()
        rewritten = [key for key in old.keys() & new.keys() if old[key] != new[key]]
        assert len(rewritten) >= len(old) / 5
        before, after = comparison.of_evaluations("model_slug")
        assert before == after
        content = comparison.metric_ids & {1, 2, 3, 18}
        for metric_id in content:
            assert abs(statistics.fmean(comparison.changes(metric_id))) > 5


def test_a_moved_threshold_moves_verdicts_alone(comparisons: list[Comparison]) -> None:
    """Promise: *threshold changed*: same answers and scores within noise, other thresholds."""
    planted = [each for each in comparisons if each.cause == "threshold changed"]
    for comparison in planted:
        old, new = comparison.outputs()
        assert old == new
        before, after = comparison.of_evaluations("threshold")
        assert max(after) > max(before) or min(after) > min(before)
    changes = list(clear_changes(planted))
    assert sum(changes) / len(changes) < 0.1


def test_without_drift_nothing_is_planted() -> None:
    """Promise: `drift=False` plants nothing."""
    world = World(records=12, metrics=3, runs=1, drift=False)
    for _ in range(3):
        world.live_night()
    assert world.planted == []
