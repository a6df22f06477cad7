"""What happens in one day of the account, planned at its start from the dice alone.

Of the runs that come in a day about three in four are still the newest at night; half of the others
are replaced within minutes, before anybody could fetch them, the other half after hours.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from aegis_etl.sandbox.answers import LEVELS
from aegis_etl.sandbox.clock import DAY, HOUR, MINUTE
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.judging import longest_duration
from aegis_etl.sandbox.model import PROPRIETARY
from aegis_etl.sandbox.planting import CAUSES, Cause, Planted, is_plantable, plant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aegis_etl.sandbox.world import World

_ONE_MORE_RUN = 0.29  # chance that a run is followed by another on the same day
_PLANTED_SHARE = 1 / 12  # of the datasets
_REPHRASED = ("In short: ", "Thanks for asking. ", "To answer your question: ", "Sure. ")
_CLARIFIED = (" Valid until revoked.", " (reviewed)", " See the policy, latest version.", " ✔")


class Event(NamedTuple):
    """Something that happens at an instant, unless its dataset is gone by then."""

    at: int  # milliseconds
    order: int
    dataset_id: int | None
    act: Callable[[], object]


def plan_day(world: World, start: int, drift: bool) -> list[Event]:
    """The events of the 24 hours from `start`; without `drift` nothing is planted."""
    day = _Day(world, start)
    day.plan_runs(drift=drift)
    day.plan_edits()
    day.plan_runs_changed()
    day.plan_datasets_changed()
    return day.events


class _Day:
    def __init__(self, world: World, start: int) -> None:
        self.world = world
        self.start = start
        self.night = (start + DAY - world.began) // DAY
        self.events: list[Event] = []
        self._dice = Dice(world.plan.seed, "day", start)
        self._order = count()
        self._dataset_ids = [
            dataset.id for dataset in world.summaries() if dataset.dataset_type_id != PROPRIETARY.id
        ]

    def plan_runs(self, *, drift: bool) -> None:
        """Runs: none, one or several a dataset; some planted, some of kinds never served."""
        active = self._dice.share(self._dataset_ids, 0.5)
        planted = self._planted(active) if drift else {}
        self._leave_alone(planted)
        for dataset_id in active:
            if dataset_id in planted:
                self._plan_planted(dataset_id, planted[dataset_id])
            else:
                self._plan_burst(dataset_id)
        for dataset_id in self._dice.share(self._dataset_ids, 0.06):
            self._at(self._some_time(), dataset_id, self._run(dataset_id, source="WEB"))
        for dataset_id in self._dice.share(self._dataset_ids, 0.02):
            self._at(self._some_time(), dataset_id, self._run(dataset_id, kind="DATA_COLLECTION"))
        for dataset_id in self._dice.share(self._dataset_ids, 0.01):
            self._at(self._some_time(), dataset_id, partial(self._stall, dataset_id))
        shared = [
            dataset_id
            for dataset_id in self._dataset_ids
            if not self.world.is_own(self.world.summary(dataset_id))
        ]
        for dataset_id in self._dice.share(shared, 0.15):
            self._at(self._some_time(), dataset_id, self._run(dataset_id, mine=False))

    def plan_edits(self) -> None:
        """Records: edited, answered anew, added, deleted."""
        for dataset_id in self._dice.share(self._dataset_ids, 0.08):
            at = self._some_time()
            for place in range(self._dice.between(1, 3)):
                self._at(at + place * MINUTE, dataset_id, partial(self._edit, dataset_id))
        for dataset_id in self._dice.share(self._dataset_ids, 0.05):
            at = self._some_time()
            for place in range(self._dice.between(1, 4)):
                self._at(
                    at + place * MINUTE, dataset_id, partial(self.world.add_record, dataset_id)
                )
        for dataset_id in self._dice.share(self._dataset_ids, 0.04):
            self._at(self._some_time(), dataset_id, partial(self._delete_record, dataset_id))

    def plan_runs_changed(self) -> None:
        """Runs: re-scored in part, deleted, renamed."""
        for dataset_id in self._dice.share(self._dataset_ids, 0.05):
            number = self._dice.between(1, 5)
            act = partial(self.world.rescore, dataset_id, number=number)
            self._at(self._some_time(), dataset_id, act)
        for dataset_id in self._dice.share(self._dataset_ids, 0.02):
            self._at(self._some_time(), dataset_id, partial(self._delete_run, dataset_id))
        for dataset_id in self._dice.share(self._dataset_ids, 0.03):
            self._at(self._some_time(), dataset_id, partial(self._rename_run, dataset_id))

    def plan_datasets_changed(self) -> None:
        """Datasets: deleted, restored, added, renamed, shared."""
        world = self.world
        for dataset_id in self._dice.share(self._dataset_ids, 0.015):
            self._at(self._some_time(), dataset_id, partial(world.delete_dataset, dataset_id))
        for dataset_id in self._dice.share(world.deleted_ids(), 0.3):
            self._at(self._some_time(), None, partial(self._restore, dataset_id))
        for _ in range(int(len(self._dataset_ids) * 0.02 + self._dice.random())):
            self._at(self._some_time(), None, self._add_dataset)
        for dataset_id in self._dice.share(self._dataset_ids, 0.01):
            name = f"renamed_{dataset_id}_v{self._dice.between(2, 9)}.csv"
            self._at(self._some_time(), dataset_id, partial(world.rename_dataset, dataset_id, name))
        if world.plan.organization:
            for dataset_id in self._dice.share(self._dataset_ids, 0.005):
                self._at(self._some_time(), dataset_id, partial(world.share, dataset_id))

    def _at(self, at: int, dataset_id: int | None, act: Callable[[], object]) -> None:
        if at < self.start + DAY:
            self.events.append(Event(at, next(self._order), dataset_id, act))

    def _some_time(self) -> int:
        """An instant of the day, more often within office hours than not."""
        if self._dice.chance(0.7):
            return self.start + 6 * HOUR + self._dice.between(0, 11 * HOUR)
        return self.start + self._dice.between(MINUTE, DAY - 20 * MINUTE)

    def _run(self, dataset_id: int, **options: object) -> Callable[[], object]:
        return partial(self.world.start_run, dataset_id, **options)  # type: ignore[arg-type] # as given

    def _planted(self, active: list[int]) -> dict[int, Cause]:
        wanted = max(1, int(len(self._dataset_ids) * _PLANTED_SHARE + self._dice.random()))
        chosen = [dataset_id for dataset_id in active if is_plantable(self.world, dataset_id)]
        return {
            dataset_id: CAUSES[(place + self.night) % len(CAUSES)]
            for place, dataset_id in enumerate(chosen[:wanted])
        }

    def _leave_alone(self, planted: Collection[int]) -> None:
        """Nothing else happens to a planted dataset, so that its cause is the only one."""
        self._dataset_ids = [
            dataset_id for dataset_id in self._dataset_ids if dataset_id not in planted
        ]

    def _plan_planted(self, dataset_id: int, cause: Cause) -> None:
        at = self.start + HOUR + self._dice.between(0, 18 * HOUR)
        dice = Dice(self.world.plan.seed, "plant", at, dataset_id)
        self._at(at, dataset_id, partial(plant, self.world, dataset_id, cause, dice))
        self._at(at + 20 * MINUTE, dataset_id, partial(self._run_planted, dataset_id, cause))

    def _run_planted(self, dataset_id: int, cause: Cause) -> None:
        run_id = self.world.start_run(dataset_id)
        self.world.planted.append(Planted(self.night, dataset_id, run_id, cause))

    def _plan_burst(self, dataset_id: int) -> None:
        at = self._some_time()
        if self._dice.chance(0.08):
            at = self._shortly_before_night(dataset_id)
        self._at(at, dataset_id, self._run(dataset_id))
        while self._dice.chance(_ONE_MORE_RUN):
            is_hasty = self._dice.chance(0.55)
            at += self._dice.between(1, 4) * MINUTE if is_hasty else self._hours_later()
            self._at(at, dataset_id, self._run(dataset_id))

    def _shortly_before_night(self, dataset_id: int) -> int:
        """When a run must start to be half done at night."""
        records = len(self.world.record_ids(dataset_id))
        lasts = longest_duration(records * len(self.world.panel(dataset_id).metrics))
        return self.start + DAY - self._dice.between(lasts // 10, lasts // 2)

    def _hours_later(self) -> int:
        return self._dice.between(70, 480) * MINUTE

    def _stall(self, dataset_id: int) -> None:
        run_id = self.world.start_run(dataset_id)
        self.world.stall_run(dataset_id, run_id)

    def _edit(self, dataset_id: int) -> None:
        dice = Dice(self.world.plan.seed, "edit", self.world.now.isoformat(), dataset_id)
        record_ids = self.world.record_ids(dataset_id)
        if not record_ids:
            return
        record_id = dice.pick(record_ids)
        record = self.world.record(dataset_id, record_id)
        draw = dice.random()
        if draw < 0.45 and isinstance(record.golden_answer, str):
            text = record.golden_answer + dice.pick(_CLARIFIED)
            self.world.edit_record(dataset_id, record_id, golden_answer=text)
        elif draw < 0.75 and isinstance(record.output, str):
            text = dice.pick(_REPHRASED) + record.output
            self.world.edit_record(dataset_id, record_id, output=text)
        elif draw < 0.85 and record.prompt:
            self.world.edit_record(
                dataset_id, record_id, prompt=f"{record.prompt} Please be brief."
            )
        else:
            self.world.answer_anew(dataset_id, record_id, dice.pick(LEVELS))

    def _delete_record(self, dataset_id: int) -> None:
        record_ids = self.world.record_ids(dataset_id)
        if len(record_ids) > 1:
            self.world.delete_record(dataset_id, record_ids[dataset_id % len(record_ids)])

    def _delete_run(self, dataset_id: int) -> None:
        run_ids = self.world.run_ids(dataset_id)
        if len(run_ids) > 1:
            self.world.delete_run(dataset_id, run_ids[-1 - dataset_id % 2])

    def _rename_run(self, dataset_id: int) -> None:
        for run_id in self.world.run_ids(dataset_id)[-1:]:
            self.world.rename_run(dataset_id, run_id, f"kept for the audit · run {run_id}")

    def _restore(self, dataset_id: int) -> None:
        if dataset_id in self.world.deleted_ids():
            self.world.restore_dataset(dataset_id)

    def _add_dataset(self) -> None:
        self.world.start_run(self.world.add_dataset())
