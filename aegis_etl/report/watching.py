"""What watching would have caught: the ``watch`` schedule replayed over the times of past runs.

It asks for each active dataset hourly, and every 5 minutes for 3 hours after it got a new run; a
dataset is active for 7 days after a run.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from math import inf

_HOUR = 3600.0
_ACTIVE = 7 * 24 * _HOUR, _HOUR
_NEW = 3 * _HOUR, 300.0


@dataclass(frozen=True)
class RunTimes:
    """When a run was created, finished and replaced by the next; ``is_lost``: not caught whole."""

    dataset_id: int
    created_at: datetime
    finished_at: datetime | None
    superseded_at: datetime | None
    is_lost: bool


def count_caught_by_watching(runs: Iterable[RunTimes], sync_times: Sequence[datetime]) -> int:
    """How many of the lost runs watching would have fetched whole.

    A run is caught by a poll between its finish and the creation of the run that replaces it.

    Args:
        runs: ordered by dataset and creation.
        sync_times: the starts of the full syncs, in order; they find a run of an idle dataset.
    """
    syncs = [time.timestamp() for time in sync_times]
    by_dataset = groupby(runs, key=lambda run: run.dataset_id)
    return sum(_count_caught(list(group), syncs) for _, group in by_dataset)


def _count_caught(runs: list[RunTimes], syncs: list[float]) -> int:
    active, new = _Polling(_ACTIVE[1]), _Polling(_NEW[1])
    for run in runs:
        created = run.created_at.timestamp()
        noticed = min(
            active.first_from(created), new.first_from(created), _first_from(syncs, created)
        )
        if noticed < inf:
            active.add(noticed, created + _ACTIVE[0])
            new.add(noticed, noticed + _NEW[0])
    caught = 0
    for run in runs:
        if run.is_lost and run.finished_at and run.superseded_at:
            finished = run.finished_at.timestamp()
            polled = min(active.first_from(finished), new.first_from(finished))
            caught += polled < run.superseded_at.timestamp()
    return caught


@dataclass
class _Polling:
    """Polls at whole multiples of an interval, within spans whose bounds only grow.

    What starts a span is no poll of it: the sync that finds a run is not the one that watches it.
    """

    every: float
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)

    def add(self, start: float, end: float) -> None:
        self.starts.append(start)
        self.ends.append(end)

    def first_from(self, instant: float) -> float:
        """The first poll at or after an instant; infinite if none."""
        for place in range(bisect_left(self.ends, instant), len(self.ends)):
            earliest = self.starts[place] // self.every + 1
            poll = max(-(-instant // self.every), earliest) * self.every
            if poll <= self.ends[place]:
                return poll
        return inf


def _first_from(times: list[float], instant: float) -> float:
    place = bisect_left(times, instant)
    return times[place] if place < len(times) else inf
