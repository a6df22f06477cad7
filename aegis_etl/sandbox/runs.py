"""Carrying out a run: a panel scores every record of a dataset."""

from msgspec import UNSET
from msgspec.structs import replace

from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.judging import (
    DEFAULT_THRESHOLD,
    Marks,
    Scribe,
    Task,
    Written,
    as_sent,
    longest_duration,
    mark,
    mean_of,
)
from aegis_etl.sandbox.model import API, DATASET_RUN, Kind, Run, User
from aegis_etl.sandbox.people import API_KEY_ID, ME
from aegis_etl.sandbox.state import Execution, State


def execute(
    state: State,
    *,
    run_id: int,
    first_evaluation_id: int,
    started: int,
    dice: Dice,
    alias: str | None,
    source: Kind = API,
    kind: Kind = DATASET_RUN,
    user: User = ME,
) -> Execution:
    """Plans a run from its start to its end, whose scores follow the answers as they are now.

    It takes one evaluation id per record and metric, from `first_evaluation_id` on, and leaves the
    state alone.
    """
    panel, shape, dataset = state.panel, state.shape, state.dataset
    answers = [(record.id, state.answers[record.id]) for record in state.records]
    scored = [answer for _, answer in answers]
    marks = mark(panel, scored, dice)
    ended = started + longest_duration(len(marks.scores)) + dice.between(2_000, 90_000)
    is_organizations = dataset.user is None
    task = Task(
        run_id, dataset.id, None if is_organizations else user.id, first_evaluation_id, started
    )
    scribe = Scribe(task, panel, shape, Dice(run_id, "reasons", dice.between(0, 1 << 30)))

    def write() -> Written:
        return scribe.write_up(marks, answers)

    judged = any(metric.kind == "judge" for metric in panel.metrics)
    run = Run(
        id=run_id,
        user=None if is_organizations else user,
        author_email=user.email if shape.new else UNSET,
        run_type_id=kind.id,
        run_source_id=source.id,
        api_key_id=API_KEY_ID,
        dataset_id=dataset.id if shape.parent_ids else None,
        data_collection_id=dataset.data_collection_id,
        org_id=dataset.org_id,
        run_type=kind,
        run_source=source,
        dataset=replace(dataset) if dataset.id % 3 == 0 else None,
        number_of_metrics=len(panel.metrics),
        result=None,
        threshold=run_threshold(state),
        model_slug=panel.judge.slug if judged else None,
        alias=alias,
        aggregate_results=None,
        started_at=state.text_of(started),
        finished_at=state.text_of(ended),
        created_at=state.text_of(started),
        updated_at=state.text_of(ended) if shape.new else None,
        is_gte_threshold=None,
    )
    conclude(run, state, marks)
    return Execution(run=run, created=started, done_at=ended, listed=user == ME, write=write)


def run_threshold(state: State) -> int:
    """The threshold of a whole run: the mean of its metrics' thresholds."""
    thresholds = [
        state.panel.thresholds.get(metric.id, DEFAULT_THRESHOLD) for metric in state.panel.metrics
    ]
    return round(sum(thresholds) / len(thresholds)) if thresholds else DEFAULT_THRESHOLD


def conclude(run: Run, state: State, marks: Marks) -> None:
    """Writes the run's own results: each metric's mean, their overall mean, and the verdict."""
    means = marks.means(state.panel.metrics)
    overall = mean_of(marks.scores)
    run.result = as_sent(overall, state.shape)
    run.aggregate_results = {name: as_sent(mean, state.shape) or 0 for name, mean in means.items()}
    knows_verdict = overall is not None and state.shape.verdicts
    run.is_gte_threshold = (
        overall >= run.threshold if overall is not None and knows_verdict else None
    )
