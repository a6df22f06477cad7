"""The emulated account in time: a clock, and days in which things happen."""

from datetime import UTC, date, datetime
from heapq import heappop, heappush
from typing import Any

from aegis_etl.sandbox.birth import ODD_EVERY, Age, Plan
from aegis_etl.sandbox.clock import DAY, HOUR, SECOND, milliseconds, moment
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.editing import EditableAccount
from aegis_etl.sandbox.founding import found
from aegis_etl.sandbox.metrics import METRICS
from aegis_etl.sandbox.model import CUSTOM, GENERATED, PROPRIETARY
from aegis_etl.sandbox.nights import Event, plan_day
from aegis_etl.sandbox.planting import Planted

_NIGHT_AT = 2 * HOUR


class World(EditableAccount):
    """An emulated account that lives from night to night, the same from the same arguments.

    `datasets` counts those of the custom type, `generated` and `proprietary` those of the other
    two. Each has `records` records and `runs` runs with `metrics` metrics at first, but for a few
    odd ones (`birth.ODDITIES`). `shape` is the API's: old, new, or mixed among the datasets. If not
    `drift` no quality changes for a planted reason. Without `organization` nothing is shared.
    With `originals` only so many datasets differ, the others say the same under their own ids (that
    is quicker). Without `cache` bodies are made anew for each request and not kept. The clock
    starts at 02:00 UTC on `started`. Raises ValueError for an argument that is out of range.
    """

    def __init__(
        self,
        seed: int = 7,
        *,
        datasets: int = 40,
        records: int = 50,
        metrics: int = 5,
        runs: int = 3,
        started: date = date(2026, 11, 18),
        shape: Age = "mixed",
        drift: bool = True,
        organization: bool = True,
        proprietary: int = 2,
        generated: int = 0,
        originals: int | None = None,
        cache: bool = True,
    ) -> None:
        if not 0 <= metrics <= len(METRICS):
            raise ValueError(f"metrics={metrics}: from 0 to {len(METRICS)} are known")
        if originals is not None and (originals < 1 or originals % ODD_EVERY):
            raise ValueError(f"originals={originals}: a multiple of {ODD_EVERY}")
        midnight = datetime(started.year, started.month, started.day, tzinfo=UTC)
        start = milliseconds(midnight) + _NIGHT_AT
        plan = Plan(seed, records, metrics, runs, shape, organization, originals)
        kinds = [PROPRIETARY] * proprietary + [CUSTOM] * datasets + [GENERATED] * generated
        super().__init__(plan, found(plan, kinds, start), start, cache=cache)
        self.drift = drift
        self.planted: list[Planted] = []
        self.began = start
        self._planned_until = start
        self._agenda: list[Event] = []

    @property
    def now(self) -> datetime:
        """The world's time, in UTC."""
        return moment(self._now)

    @property
    def night(self) -> int:
        """How many nights have passed since the world began."""
        return (self._now - self.began) // DAY

    def live_night(self) -> datetime:
        """Lives until the next 02:00 UTC; the new time."""
        return self.live_until(moment(self._next_night()))

    def live_until(self, until: datetime) -> datetime:
        """Lives until an instant, everything at its time; the new time.

        What happens in a day is planned at its 02:00 from what exists then.
        """
        with self.lock:
            target = milliseconds(until)
            while self._now < target or self._planned_until < target:
                if self._planned_until <= self._now:
                    for event in plan_day(self, self._planned_until, self.drift):
                        heappush(self._agenda, event)
                    self._planned_until += DAY
                stop = min(target, self._planned_until)
                while self._agenda and self._agenda[0].at <= stop:
                    event = heappop(self._agenda)
                    self._now = max(self._now, event.at)
                    if event.dataset_id is None or event.dataset_id in self._datasets:
                        event.act()
                self._now = max(self._now, stop)
            return self.now

    def change(self, fraction: float) -> datetime:
        """Lives until the next 02:00 with nothing but a new run on a fraction of the datasets."""
        with self.lock:
            night = self._next_night()
            dataset_ids = self.dataset_ids()
            dice = Dice(self.plan.seed, "change", night)
            chosen = dice.sample(dataset_ids, max(1, round(len(dataset_ids) * fraction)))
            self._now = max(self._now, night - 12 * HOUR)
            for dataset_id in sorted(chosen):
                self._now += SECOND
                self.start_run(dataset_id)
            self._now = self._planned_until = max(night, self._now)
            return self.now

    def pass_time(self, *, seconds: float) -> datetime:
        """Moves the clock, while nobody does anything; runs go on. The new time."""
        with self.lock:
            self._now += int(seconds * SECOND)
            return self.now

    def add_run(self, dataset_id: int, *, finished: bool = True, **options: Any) -> int:
        """A run starts a second from now, and the clock moves to its end; its id.

        With `finished=False` the clock moves on until half of its evaluations are done, and the run
        stays as it is then until `finish_run`. Options as in `start_run`.
        """
        with self.lock:
            self._now += SECOND
            run_id = self.start_run(dataset_id, **options)
            execution = self._state(dataset_id).execution(run_id)
            if finished:
                self._now = -(-int(execution.done_at) // SECOND) * SECOND
                return run_id
            done_at = sorted(execution.written.done_at)
            if done_at:
                self._now = max(self._now, int(done_at[(len(done_at) - 1) // 2]))
            self.stall_run(dataset_id, run_id)
            return run_id

    def _next_night(self) -> int:
        return ((self._now - _NIGHT_AT) // DAY + 1) * DAY + _NIGHT_AT
