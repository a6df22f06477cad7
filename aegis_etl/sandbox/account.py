"""The emulated account: which datasets exist, and what the API answers for each."""

from functools import lru_cache
from itertools import count
from threading import RLock
from typing import Any

import msgspec

from aegis_etl.sandbox import birth
from aegis_etl.sandbox.answers import Level
from aegis_etl.sandbox.birth import Birth, Ids, Plan
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.echo import echo
from aegis_etl.sandbox.judging import Panel
from aegis_etl.sandbox.model import DATASET_TYPES, Dataset, Evaluation, Record
from aegis_etl.sandbox.people import ME
from aegis_etl.sandbox.state import State

_RECENT = 64  # datasets kept at hand although nobody changed them
_encode = msgspec.json.Encoder().encode


class Account:
    """The datasets of one user's account at an instant.

    A dataset that nobody changed is made from the seed when it is asked for; only changed ones are
    kept, so that an account may be larger than memory. Methods raise KeyError for an id that does
    not exist.
    """

    def __init__(self, plan: Plan, births: list[Birth], now: int, *, cache: bool) -> None:
        self.plan = plan
        self.lock = RLock()
        self._now = now
        self._births = {new.dataset_id: new for new in births}
        self._datasets = {new.dataset_id: birth.summary(plan, new) for new in births}
        self._deleted: dict[int, Dataset] = {}
        self._changed: dict[int, State] = {}
        self._unchanged = lru_cache(_RECENT)(self._state_at_birth)
        self._original = lru_cache(plan.originals)(self._original_at_birth)
        self._dictated: dict[int, bytes] = {}
        self._bodies: dict[int, tuple[bytes, float]] | None = {} if cache else None
        last = max((new.ids for new in births), default=Ids(10_000, 3_000, 500_000))
        width = plan.records * plan.metrics * plan.runs
        self._dataset_ids = count(max(self._births, default=100) + 1)
        self._record_ids = count(last.record + plan.records)
        self._run_ids = count(last.run + plan.runs)
        self._next_evaluation_id = last.evaluation + width

    def summaries(self) -> list[Dataset]:
        """All datasets that exist now, of every type, newest first."""
        with self.lock:
            return [
                self._datasets[dataset_id] for dataset_id in sorted(self._datasets, reverse=True)
            ]

    def dataset_ids(self, dataset_type_id: int | None = None) -> list[int]:
        """The ids of all datasets (or those of one type) that exist now, newest first."""
        return [
            dataset.id
            for dataset in self.summaries()
            if dataset_type_id in {None, dataset.dataset_type_id}
        ]

    def deleted_ids(self) -> list[int]:
        """The ids of the datasets that are deleted now."""
        return list(self._deleted)

    def record_ids(self, dataset_id: int) -> list[int]:
        """The ids of a dataset's records, oldest first."""
        return [record.id for record in self._state(dataset_id).records]

    def run_ids(self, dataset_id: int) -> list[int]:
        """The ids of a dataset's runs, oldest first."""
        return [execution.run.id for execution in self._state(dataset_id).executions]

    def summary(self, dataset_id: int) -> Dataset:
        """A dataset as listings show it now."""
        return self._datasets[dataset_id]

    def record(self, dataset_id: int, record_id: int) -> Record:
        """A record as it is now."""
        state = self._state(dataset_id)
        return state.records[state.place_of(record_id)]

    def shown_run_id(self, dataset_id: int) -> int | None:
        """The run whose evaluations the API shows now; null when there is none."""
        shown = self._state(dataset_id).shown()
        return shown.run.id if shown else None

    def is_finished(self, dataset_id: int, run_id: int) -> bool:
        """Whether a run has ended by now."""
        return self._state(dataset_id).execution(run_id).done_at <= self._now

    def panel(self, dataset_id: int) -> Panel:
        """Who would score the dataset's next run, and by which rules."""
        return self._state(dataset_id).panel

    def answer_levels(self, dataset_id: int) -> dict[int, Level]:
        """The truth: how good the answer of each record is, by record id."""
        state = self._state(dataset_id)
        return {record.id: state.answers[record.id].level for record in state.records}

    def evaluations(self, dataset_id: int, run_id: int) -> list[Evaluation]:
        """The truth: what a run scored, complete, whether or not the API ever showed it."""
        with self.lock:
            return list(self._state(dataset_id).execution(run_id).written.evaluations)

    def is_own(self, dataset: Dataset) -> bool:
        """Whether a dataset is the key's user's own, not shared with them."""
        return dataset.user == ME

    def body(self, dataset_id: int) -> bytes | None:
        """What `GET /datasets/{id}` answers now; null when the dataset does not exist."""
        with self.lock:
            if dataset_id in self._dictated:
                return self._dictated[dataset_id]
            if self._bodies is not None and dataset_id in self._bodies:
                body, until = self._bodies[dataset_id]
                if self._now < until:
                    return body
            if dataset_id not in self._datasets:
                return None
            state = self._state(dataset_id)
            body = _encode(state.payload_at(self._now))
            if self._bodies is not None:
                self._bodies[dataset_id] = body, state.next_change(self._now)
            return body

    def dictate(self, dataset_id: int, body: bytes | None) -> None:
        """From now on the dataset's endpoint answers these bytes, as they are; null ends it."""
        with self.lock:
            self._dictated.pop(dataset_id, None)
            if body is not None:
                self._dictated[dataset_id] = body

    def payload(self, dataset_id: int) -> dict[str, Any] | None:
        """`body`, decoded."""
        body = self.body(dataset_id)
        return None if body is None else msgspec.json.decode(body)

    def serialise_all(self) -> int:
        """Makes every body ahead of the first request; their size in bytes."""
        return sum(len(self.body(dataset_id) or b"") for dataset_id in self.dataset_ids())

    def add_dataset(
        self, *, name: str | None = None, records: int | None = None, dataset_type_id: int = 1
    ) -> int:
        """A new dataset, without runs as yet; its id."""
        with self.lock:
            size = self.plan.records if records is None else records
            plan = self.plan._replace(runs=0, records=0)
            new = Birth(
                number=len(self._births),
                dataset_id=next(self._dataset_ids),
                ids=Ids(0, 0, 0),
                created=self._now,
                observed=self._now,
                kind=DATASET_TYPES[dataset_type_id],
            )
            dataset = birth.summary(plan, new)
            if name is not None:
                dataset.name = name
            dataset.updated_at = None
            state = birth.state_at_birth(plan, new, dataset)
            dice = self._dice("records of", new.dataset_id)
            for _ in range(size):
                birth.add_record(state, next(self._record_ids), self._now, dice).updated_at = None
            self._births[new.dataset_id] = new
            self._datasets[new.dataset_id] = dataset
            self._changed[new.dataset_id] = state
            return new.dataset_id

    def delete_dataset(self, dataset_id: int) -> None:
        """The dataset leaves the listings, and its endpoint answers 404."""
        with self.lock:
            self._deleted[dataset_id] = self._datasets.pop(dataset_id)
            self._forget_body(dataset_id)

    def restore_dataset(self, dataset_id: int) -> None:
        """A deleted dataset comes back as it was."""
        with self.lock:
            self._datasets[dataset_id] = self._deleted.pop(dataset_id)

    def _state_at_birth(self, dataset_id: int) -> State:
        new, dataset = self._births[dataset_id], self._datasets[dataset_id]
        original = self.plan.original_of(new.number)
        if original == new.number:
            return birth.state_at_birth(self.plan, new, dataset)
        said_by, state = self._original(original)
        return echo(state, said_by, new, dataset)

    def _original_at_birth(self, number: int) -> tuple[Birth, State]:
        new = next(new for new in self._births.values() if new.number == number)
        return new, birth.state_at_birth(self.plan, new, birth.summary(self.plan, new))

    def _state(self, dataset_id: int) -> State:
        """A dataset, to be read."""
        if dataset_id not in self._datasets:
            raise KeyError(dataset_id)
        return self._changed.get(dataset_id) or self._unchanged(dataset_id)

    def _state_to_change(self, dataset_id: int) -> State:
        """A dataset, to be changed: kept from now on."""
        state = self._state(dataset_id)
        self._changed[dataset_id] = state
        self._forget_body(dataset_id)
        return state

    def _forget_body(self, dataset_id: int) -> None:
        if self._bodies is not None:
            self._bodies.pop(dataset_id, None)

    def _dice(self, *key: int | str) -> Dice:
        return Dice(self.plan.seed, self._now, *key)

    def _take_evaluation_ids(self, number: int) -> int:
        first = self._next_evaluation_id
        self._next_evaluation_id += number
        return first
