"""Scoring: what a panel of scorers makes of a dataset's answers in one run."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import UNSET, Raw, UnsetType

from aegis_etl.sandbox.answers import Answer
from aegis_etl.sandbox.clock import Style, stamp
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.metrics import Metric
from aegis_etl.sandbox.model import Evaluation, Score
from aegis_etl.sandbox.texts import Sentences, verdicts

DEFAULT_THRESHOLD = 80
_REPEATED_SHARE = 0.55  # of judged scores repeat exactly
_NOISE = 1.6  # standard deviation of the others, in points
_ERROR_SHARE = 0.008  # of judged scores that fail
_LANES = 8  # scoring tasks in flight in one run
SCORING_FAILED = "Scoring failed: the judge's answer was no valid JSON after 3 attempts."


class Judge(NamedTuple):
    """A model that scores."""

    slug: str
    step: float  # it scores in multiples of this
    input_price: int  # per token, in 1e-8 of the account's currency
    output_price: int


JUDGES = (
    Judge("gpt-4.1-mini", 1.0, 40, 160),
    Judge("claude-haiku-4.5", 0.5, 100, 500),
    Judge("gemini-2.5-flash", 0.5, 30, 250),
    Judge("mistral-small-3.2", 1.0, 10, 30),
)


class Shape(NamedTuple):
    """Which of the API's shapes an answer has."""

    new: bool  # author_email, eval_metadata and organization-only resources exist
    times: Style
    costs_as_numbers: bool
    credits: bool  # credits_consumed is sent
    verdicts: bool  # is_success and is_gte_threshold are sent, not null
    parent_ids: bool  # records, runs and evaluations carry their dataset_id


class Panel(NamedTuple):
    """Who scores, by which rules."""

    metrics: tuple[Metric, ...]
    thresholds: dict[int, Score]
    judge: Judge
    bias: float  # points that this judge gives on top, at present


class Marks(NamedTuple):
    """The scores of one run, record by record and metric by metric; null where scoring failed."""

    scores: list[float | None]

    def means(self, metrics: Sequence[Metric]) -> dict[str, Score]:
        """The mean of each metric that scored anything, by its shortname."""
        width = len(metrics)
        columns = {metric.name: self.scores[place::width] for place, metric in enumerate(metrics)}
        return {
            name: mean for name, column in columns.items() if (mean := mean_of(column)) is not None
        }


def mean_of(scores: Iterable[float | None]) -> float | None:
    """The mean of the scores that are there, to four decimals; null if none is."""
    there = [score for score in scores if score is not None]
    return round(math.fsum(there) / len(there), 4) if there else None


def mark(panel: Panel, answers: Iterable[Answer], dice: Dice) -> Marks:
    """Scores every answer by every metric: the true score, the judge's bias, and a little noise.

    Content that did not change scores nearly the same again, deterministic metrics exactly.
    """
    draw, bell, step, bias = dice.random, dice.bell, panel.judge.step, panel.bias
    judged = [metric.kind == "judge" for metric in panel.metrics]
    scores: list[float | None] = []
    for answer in answers:
        for score, is_judged in zip(answer.true_scores, judged, strict=True):
            if not is_judged:
                scores.append(score)
                continue
            chance = draw()
            if chance < _ERROR_SHARE:
                scores.append(None)
                continue
            heard = score + bias + _NOISE * bell() if chance > _REPEATED_SHARE else score + bias
            scores.append(min(100.0, max(0.0, round(heard / step) * step)))
    return Marks(scores)


class Task(NamedTuple):
    """Whose evaluations are to be written up, and from when on."""

    run_id: int
    dataset_id: int
    user_id: int | None
    first_id: int
    started: int  # milliseconds


class Written(NamedTuple):
    """Evaluations as they stand when complete, and when each is (milliseconds)."""

    evaluations: list[Evaluation]
    done_at: list[float]


class Scribe(NamedTuple):
    """Turns scores into evaluations, with the judge's reasons and the bill."""

    task: Task
    panel: Panel
    shape: Shape
    dice: Dice

    def write_up(self, marks: Marks, answers: Iterable[tuple[int, Answer]]) -> Written:
        """One evaluation per record and metric, scored in several lanes at once.

        `answers` are pairs of record id and answer, in the order in which they were marked.
        """
        sentences = verdicts().metrics
        columns = [(metric, sentences[metric.name]) for metric in self.panel.metrics]
        between = self.dice.between
        lanes = [self.task.started + 400 * lane for lane in range(_LANES)]
        evaluations: list[Evaluation] = []
        done_at: list[float] = []
        scores = iter(marks.scores)
        for record_id, answer in answers:
            for metric, told in columns:
                lane = len(evaluations) % _LANES
                begun = lanes[lane]
                done = begun + (between(700, 4300) if metric.kind == "judge" else between(3, 40))
                lanes[lane] = done + 15
                evaluations.append(
                    self.evaluation(
                        evaluation_id=self.task.first_id + len(evaluations),
                        record_id=record_id,
                        answer=answer,
                        metric=metric,
                        told=told,
                        score=next(scores),
                        begun=begun,
                        done=done,
                    )
                )
                done_at.append(done)
        return Written(evaluations, done_at)

    def evaluation(
        self,
        *,
        evaluation_id: int,
        record_id: int,
        answer: Answer,
        metric: Metric,
        told: Sentences,
        score: float | None,
        begun: int,
        done: int,
    ) -> Evaluation:
        """One evaluation, complete."""
        task, panel, shape, dice = self
        judged = metric.kind == "judge"
        threshold = panel.thresholds.get(metric.id, DEFAULT_THRESHOLD)
        input_tokens = output_tokens = None
        cost: str | float | None = None
        if judged:
            input_tokens = answer.tokens + 320 + 7 * metric.id
            output_tokens = dice.between(58, 164)
            judge = panel.judge
            bill = input_tokens * judge.input_price + output_tokens * judge.output_price
            cost = bill / 1e8 if shape.costs_as_numbers else f"0.{bill:08d}".rstrip("0")
        if score is None:
            explanation = SCORING_FAILED
        else:
            explanation = dice.pick(told.for_score(score)) % answer.remarks
            if judged:
                explanation = f"{explanation} {dice.pick(verdicts().closings)}"
        finished_at = stamp(done, shape.times)
        return Evaluation(
            id=evaluation_id,
            user_id=task.user_id,
            run_id=task.run_id,
            record_id=record_id,
            metric_id=metric.id,
            dataset_id=task.dataset_id if shape.parent_ids else None,
            result=as_sent(score, shape),
            threshold=threshold,
            explanation=explanation,
            model_slug=panel.judge.slug if judged else None,
            started_at=stamp(begun, shape.times),
            finished_at=finished_at,
            credits_consumed=(1 if judged else 0) if shape.credits else UNSET,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            evaluation_cost=cost,
            eval_metadata=_metadata(metric, score, dice) if shape.new else UNSET,
            is_success=False if score is None else True if shape.verdicts else None,
            is_gte_threshold=None if score is None or not shape.verdicts else score >= threshold,
            created_at=stamp(task.started, shape.times),
            updated_at=finished_at if shape.new else None,
        )


def longest_duration(evaluations: int) -> int:
    """Milliseconds after which so many scoring tasks have ended for sure."""
    return (evaluations // _LANES + 1) * 4_315 + 400 * _LANES


def as_sent(score: Score | None, shape: Shape) -> Score | None:
    """A score as this shape writes it: older answers write whole scores without a fraction."""
    if score is None or shape.new or score != int(score):
        return score
    return int(score)


def _metadata(metric: Metric, score: float | None, dice: Dice) -> Raw | UnsetType | None:
    if score is None:
        return Raw(b'{"attempts":3,"error":{"type":"InvalidJudgeAnswer","retryable":true}}')
    if metric.name in {"faith", "hallucination"}:
        claims = dice.between(2, 6)
        supported = int(claims * score / 100 + 0.5)
        return Raw(b'{"claims":%d,"supported":%d}' % (claims, supported))
    if metric.name == "rouge":
        return Raw(
            b'{"rouge_l":{"precision":%.4f,"recall":%.4f,"f1":%.4f}}'
            % (score / 96, score / 104, score / 100)
        )
    return None
