"""One dataset of the world: everything that is true of it, and what the API shows at an instant."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec import UNSET
from msgspec.structs import asdict, replace

from aegis_etl.sandbox.answers import Answer
from aegis_etl.sandbox.clock import stamp
from aegis_etl.sandbox.judging import Panel, Shape, Written
from aegis_etl.sandbox.model import (
    API,
    DATASET_RUN,
    Dataset,
    Evaluation,
    Kind,
    Payload,
    Record,
    Run,
)
from aegis_etl.sandbox.texts import Topic

NEVER = math.inf


@dataclass(slots=True)
class Execution:
    """A run as it stands when complete, with every evaluation that it makes."""

    run: Run
    created: int  # milliseconds
    done_at: float  # milliseconds, or never
    listed: bool  # false for a run of another user: its evaluations may show, it does not
    write: Callable[[], Written]
    _written: Written | None = field(default=None, init=False)

    @property
    def written(self) -> Written:
        """Its evaluations, written up when first asked for, from what was true when it started."""
        if self._written is None:
            self._written = self.write()
        return self._written

    @property
    def is_served(self) -> bool:
        """Whether its evaluations can be those that the API shows."""
        return self.run.run_source == API and self.run.run_type == DATASET_RUN

    def run_at(self, now: int) -> Run:
        """The run as the API lists it at an instant."""
        if self.done_at <= now:
            return self.run
        return replace(
            self.run,
            result=None,
            aggregate_results=None,
            finished_at=None,
            updated_at=None,
            is_gte_threshold=None,
        )

    def evaluations_at(self, now: int) -> Iterator[Evaluation]:
        """The evaluations as the API shows them at an instant; those not done yet are bare."""
        for evaluation, done_at in zip(*self.written, strict=True):
            yield evaluation if done_at <= now else _bare(evaluation)

    def next_change(self, now: int) -> float:
        """The next instant at which something of this run will look different, or never."""
        if self.done_at <= now:
            return NEVER
        return min([self.done_at, *(done for done in self.written.done_at if done > now)])


def _bare(evaluation: Evaluation) -> Evaluation:
    """An evaluation whose task has not ended: the same id, nothing that scoring brings."""
    return replace(
        evaluation,
        result=None,
        explanation=None,
        started_at=evaluation.created_at,
        finished_at=None,
        credits_consumed=UNSET if evaluation.credits_consumed is UNSET else None,
        input_tokens=None,
        output_tokens=None,
        evaluation_cost=None,
        eval_metadata=UNSET if evaluation.eval_metadata is UNSET else None,
        is_success=None,
        is_gte_threshold=None,
        updated_at=None,
    )


@dataclass(slots=True)
class State:
    """A dataset with its records, the truth about their answers, and its runs."""

    dataset: Dataset
    kind: Kind
    topic: Topic
    shape: Shape
    panel: Panel
    records: list[Record] = field(default_factory=list)
    answers: dict[int, Answer] = field(default_factory=dict)  # by record id
    executions: list[Execution] = field(default_factory=list)
    records_ever: int = 0

    def execution(self, run_id: int) -> Execution:
        """The run of this id; KeyError when there is none."""
        for execution in self.executions:
            if execution.run.id == run_id:
                return execution
        raise KeyError(run_id)

    def place_of(self, record_id: int) -> int:
        """Where in `records` the record of this id is; KeyError when there is none."""
        for place, record in enumerate(self.records):
            if record.id == record_id:
                return place
        raise KeyError(record_id)

    def shown(self) -> Execution | None:
        """The run whose evaluations the API shows: the most recent API run on the dataset."""
        served = [execution for execution in self.executions if execution.is_served]
        return max(
            served, key=lambda execution: (execution.created, execution.run.id), default=None
        )

    def payload_at(self, now: int) -> Payload:
        """What `GET /datasets/{id}` answers at an instant; evaluations go with their record."""
        shown = self.shown()
        evaluations = list(shown.evaluations_at(now)) if shown else []
        if len(self.records) < self.records_ever:
            there = {record.id for record in self.records}
            evaluations = [
                evaluation for evaluation in evaluations if evaluation.record_id in there
            ]
        return Payload(
            **asdict(self.dataset),
            dataset_type=self.kind,
            records=self.records,
            runs=[
                execution.run_at(now) for execution in reversed(self.executions) if execution.listed
            ],
            evaluations=evaluations,
        )

    def next_change(self, now: int) -> float:
        """The next instant at which the payload will look different by itself, or never."""
        return min((execution.next_change(now) for execution in self.executions), default=NEVER)

    def text_of(self, instant: int) -> str:
        """An instant as this dataset's answers write it."""
        return stamp(instant, self.shape.times)
