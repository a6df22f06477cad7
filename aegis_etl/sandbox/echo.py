"""Datasets that say what another one says, under ids of their own: quick to make."""

import dataclasses
from functools import partial

from msgspec.structs import replace

from aegis_etl.sandbox.birth import Birth
from aegis_etl.sandbox.judging import Written
from aegis_etl.sandbox.model import Dataset, Evaluation, Record, Run
from aegis_etl.sandbox.state import Execution, State


def echo(state: State, said_by: Birth, birth: Birth, dataset: Dataset) -> State:
    """A new dataset's state at birth, equal to that of another but for its ids and its summary.

    `dataset` is the new one's summary; `said_by` is the birth of the other, whose ids are replaced
    by those of `birth`, in the same order.
    """
    first, theirs = birth.ids, said_by.ids
    records_on = first.record - theirs.record
    runs_on = first.run - theirs.run
    evaluations_on = first.evaluation - theirs.evaluation

    def echo_record(record: Record) -> Record:
        dataset_id = None if record.dataset_id is None else dataset.id
        return replace(record, id=record.id + records_on, dataset_id=dataset_id)

    def echo_run(run: Run) -> Run:
        return replace(
            run,
            id=run.id + runs_on,
            dataset_id=None if run.dataset_id is None else dataset.id,
            dataset=None if run.dataset is None else replace(dataset),
            alias=run.alias and f"{run.alias} ({dataset.id})",
        )

    def echo_evaluation(evaluation: Evaluation) -> Evaluation:
        return replace(
            evaluation,
            id=evaluation.id + evaluations_on,
            run_id=evaluation.run_id + runs_on,
            record_id=evaluation.record_id + records_on,
            dataset_id=None if evaluation.dataset_id is None else dataset.id,
        )

    def write(execution: Execution) -> Written:
        evaluations, done_at = execution.written
        return Written([echo_evaluation(evaluation) for evaluation in evaluations], list(done_at))

    return dataclasses.replace(
        state,
        dataset=dataset,
        records=[echo_record(record) for record in state.records],
        answers={record_id + records_on: answer for record_id, answer in state.answers.items()},
        executions=[
            Execution(
                run=echo_run(execution.run),
                created=execution.created,
                done_at=execution.done_at,
                listed=execution.listed,
                write=partial(write, execution),
            )
            for execution in state.executions
        ],
    )
