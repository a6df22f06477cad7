"""Scoring single cells of a run once more."""

from collections.abc import Iterable
from typing import cast

from msgspec.structs import replace

from aegis_etl.sandbox.clock import SECOND
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.judging import Marks, Scribe, Task, mark
from aegis_etl.sandbox.model import Evaluation
from aegis_etl.sandbox.runs import conclude
from aegis_etl.sandbox.state import Execution, State
from aegis_etl.sandbox.texts import verdicts

_TAKES = 2 * SECOND


def rescore(
    state: State, execution: Execution, *, number: int, first_id: int, now: int, dice: Dice
) -> list[Evaluation]:
    """Makes so many of a run's evaluations again, finished now, and the run's means with them.

    The older ones stay. A newer one has the same record and metric, and a newer `created_at`.
    """
    evaluations, done_at = execution.written
    done = [
        evaluation
        for evaluation, done in zip(evaluations, done_at, strict=True)
        if done <= now and evaluation.record_id in state.answers
    ]
    user_id = execution.run.user.id if execution.run.user else None
    task = Task(execution.run.id, state.dataset.id, user_id, first_id, now - _TAKES)
    scribe = Scribe(task, state.panel, state.shape, dice)
    places = {metric.id: place for place, metric in enumerate(state.panel.metrics)}
    again: list[Evaluation] = []
    for older in dice.sample(done, number):
        place, answer = places[older.metric_id], state.answers[older.record_id]
        metric = state.panel.metrics[place]
        again.append(
            scribe.evaluation(
                evaluation_id=first_id + len(again),
                record_id=older.record_id,
                answer=answer,
                metric=metric,
                told=verdicts().metrics[metric.name],
                score=mark(state.panel, [answer], dice).scores[place],
                begun=task.started,
                done=now,
            )
        )
    evaluations.extend(again)
    done_at.extend([now] * len(again))
    execution.run = replace(execution.run)
    conclude(execution.run, state, _newest_marks(evaluations))
    return again


def _newest_marks(evaluations: Iterable[Evaluation]) -> Marks:
    newest = {
        (evaluation.record_id, evaluation.metric_id): evaluation.result
        for evaluation in evaluations
    }
    return Marks(cast("list[float | None]", list(newest.values())))
