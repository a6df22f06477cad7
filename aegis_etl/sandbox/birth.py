"""A dataset as it is when the world first sees it: a pure function of the seed and its number.

So an account of any size costs what is looked at, and nothing more.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from msgspec import UNSET

from aegis_etl.sandbox.answers import STRUCTURES, choose_answer, record_fields
from aegis_etl.sandbox.clock import DAY, HOUR, MINUTE, SECOND, Style, moment, stamp
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.judging import JUDGES, Panel, Shape
from aegis_etl.sandbox.metrics import BY_NAME, METRICS, Metric
from aegis_etl.sandbox.model import (
    API,
    COLLECTION_RUN,
    CUSTOM,
    DATASET_RUN,
    WEB,
    Dataset,
    Kind,
    Record,
    Score,
    User,
)
from aegis_etl.sandbox.people import (
    COLLEAGUES,
    HOSTILE_NAMES,
    ME,
    ORGANIZATION_ID,
    dataset_name,
    run_alias,
)
from aegis_etl.sandbox.runs import execute
from aegis_etl.sandbox.state import State
from aegis_etl.sandbox.texts import Topic, topics

Age = Literal["old", "new", "mixed"]
Oddity = Literal[
    "shared",
    "served by its owner's run",
    "organization",
    "hostile name",
    "web runs only",
    "no runs",
    "no records",
    "collection run last",
    "no metrics selected",
    "no verdicts",
    "times without zone",
]

# Which of every forty datasets is odd, and how; the others are plain.
ODDITIES: dict[int, Oddity] = {
    3: "shared",
    5: "hostile name",
    7: "web runs only",
    9: "no runs",
    11: "organization",
    13: "no records",
    15: "served by its owner's run",
    17: "hostile name",
    19: "no metrics selected",
    21: "no verdicts",
    23: "hostile name",
    25: "collection run last",
    27: "hostile name",
    29: "shared",
    31: "hostile name",
    33: "times without zone",
    35: "hostile name",
    38: "hostile name",
}
ODD_EVERY = 40


class Plan(NamedTuple):
    """What every dataset of an account has in common."""

    seed: int
    records: int
    metrics: int
    runs: int
    shape: Age
    organization: bool
    originals: int | None  # so many different datasets; the others echo these

    def original_of(self, number: int) -> int:
        """The number of the dataset that a dataset echoes; its own if it echoes none."""
        return number if self.originals is None else number % self.originals


class Ids(NamedTuple):
    """The first of the ids that a new dataset may give to its children."""

    record: int
    run: int
    evaluation: int


@dataclass(frozen=True, slots=True)
class Birth:
    """Where and when a dataset is born."""

    number: int  # counts the account's datasets, from 0
    dataset_id: int
    ids: Ids
    created: int  # milliseconds
    observed: int  # milliseconds: its first runs lie between the two
    kind: Kind = CUSTOM


def oddity_of(plan: Plan, number: int) -> Oddity | None:
    """What is odd about a dataset; null for most."""
    oddity = ODDITIES.get(number % ODD_EVERY)
    others = {"shared", "served by its owner's run", "organization"}
    if oddity in others and not plan.organization:
        return None
    if oddity == "organization" and plan.shape == "old":
        return None
    return oddity


def shape_of(plan: Plan, number: int) -> Shape:
    """The shape in which a dataset is answered."""
    dice = Dice(plan.seed, "shape", plan.original_of(number))
    oddity = oddity_of(plan, number)
    is_new = dice.chance(0.5) if plan.shape == "mixed" else plan.shape == "new"
    if plan.shape == "mixed" and oddity in {"organization", "times without zone"}:
        is_new = oddity == "organization"
    times: Style = dice.pick(("milliseconds", "microseconds", "offset")) if is_new else "seconds"
    return Shape(
        new=is_new,
        times="naive" if oddity == "times without zone" else times,
        costs_as_numbers=not is_new and dice.chance(0.5),
        credits=not is_new or dice.chance(0.7),
        verdicts=oddity != "no verdicts",
        parent_ids=is_new or dice.chance(0.85),
    )


def topic_of(number: int) -> Topic:
    """What a dataset is about."""
    return topics()[number % len(topics())]


def metrics_of(plan: Plan, topic: Topic) -> tuple[Metric, ...]:
    """The metrics of a dataset: its topic's own first."""
    own = [BY_NAME[name] for name in topic.metrics]
    return tuple([*own, *(metric for metric in METRICS if metric not in own)][: plan.metrics])


def summary(plan: Plan, birth: Birth) -> Dataset:
    """The dataset as listings show it."""
    number = birth.number
    dice = Dice(plan.seed, "summary", plan.original_of(number))
    topic, oddity, shape = topic_of(number), oddity_of(plan, number), shape_of(plan, number)
    owner: User | None = ME
    if oddity in {"shared", "served by its owner's run"}:
        owner = dice.pick(COLLEAGUES)
    author = dice.pick(COLLEAGUES) if oddity == "organization" else owner
    if oddity == "organization":
        owner = None
    name = dataset_name(topic.stem, number // len(topics()))
    if oddity == "hostile name":
        hostile = [place for place, odd in ODDITIES.items() if odd == "hostile name"]
        name = HOSTILE_NAMES[hostile.index(number % ODD_EVERY) % len(HOSTILE_NAMES)]
    selected: dict[str, Score] = {
        str(metric.id): metric.threshold + dice.pick((-5, 0, 0, 0, 2.5 if shape.new else 5))
        for metric in metrics_of(plan, topic)
    }
    mappings = {"question": "prompt", "answer": "output", "expected": "golden_answer"}
    edited = birth.created + dice.between(1, 600) * MINUTE
    return Dataset(
        id=birth.dataset_id,
        user=owner,
        author_email=author.email if shape.new and author else UNSET,
        dataset_type_id=birth.kind.id,
        name=name,
        selected_metrics=None if oddity == "no metrics selected" else selected,
        structure=[] if oddity == "no records" else STRUCTURES[topic.layout],
        column_mappings=mappings if dice.chance(0.2) else None,
        data_collection_id=dice.between(3, 40) if dice.chance(0.35) else None,
        org_id=ORGANIZATION_ID if owner != ME or (dice.chance(0.2) and plan.organization) else None,
        created_at=stamp(birth.created, shape.times),
        updated_at=stamp(edited, shape.times) if dice.chance(0.3) else None,
    )


def state_at_birth(plan: Plan, birth: Birth, dataset: Dataset) -> State:
    """The dataset with its records and first runs; `dataset` is its `summary`."""
    number = birth.number
    dice = Dice(plan.seed, "dataset", number)
    selected = dataset.selected_metrics or {}
    state = State(
        dataset=dataset,
        kind=birth.kind,
        topic=topic_of(number),
        shape=shape_of(plan, number),
        panel=Panel(
            metrics=metrics_of(plan, topic_of(number)),
            thresholds={int(metric_id): score for metric_id, score in selected.items()},
            judge=dice.pick(JUDGES),
            bias=0.0,
        ),
    )
    if oddity_of(plan, number) != "no records":
        for place in range(plan.records):
            add_record(state, birth.ids.record + place, birth.created + place * 40, dice)
    _run_before(plan, birth, state, dice)
    return state


def add_record(state: State, record_id: int, created: int, dice: Dice) -> Record:
    """A further record, answered by the account's system."""
    answer = choose_answer(state.topic, state.panel.metrics, dice)
    fields = record_fields(answer, state.topic.layout, dice)
    edited = state.text_of(created + dice.between(1, 90) * MINUTE) if dice.chance(0.1) else None
    record = Record(
        id=record_id,
        user_id=state.dataset.user.id if state.dataset.user else None,
        dataset_id=state.dataset.id if state.shape.parent_ids else None,
        **fields,  # type: ignore[arg-type] # `prompt` is text in every layout
        created_at=state.text_of(created),
        updated_at=edited,
    )
    state.records.append(record)
    state.answers[record_id] = answer
    state.records_ever += 1
    return record


def _run_before(plan: Plan, birth: Birth, state: State, dice: Dice) -> None:
    """Carries out the runs that lie before the world's first night."""
    oddity = oddity_of(plan, birth.number)
    if oddity == "no runs":
        return
    room = max(birth.observed - birth.created - 4 * HOUR, HOUR)
    gap = min(room // (plan.runs + 1), DAY)
    width = plan.records * plan.metrics
    for place in range(plan.runs):
        is_last = place == plan.runs - 1
        started = birth.observed - (plan.runs - place) * gap - dice.between(0, 3000) * SECOND
        run_id = birth.ids.run + place
        state.executions.append(
            execute(
                state,
                run_id=run_id,
                first_evaluation_id=birth.ids.evaluation + place * width,
                started=started,
                dice=dice,
                alias=run_alias(
                    state.topic.stem,
                    dice.between(0, 99),
                    moment(started).date().isoformat(),
                    run_id,
                )
                if dice.chance(0.85)
                else None,
                source=WEB if oddity == "web runs only" else API,
                kind=COLLECTION_RUN if is_last and oddity == "collection run last" else DATASET_RUN,
                user=state.dataset.user or ME
                if is_last and oddity == "served by its owner's run"
                else ME,
            )
        )
