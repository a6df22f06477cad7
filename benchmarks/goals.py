"""The goals, as ratios of medians, and what the results say to each."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.results import CellResult, Series

Results = Mapping[str, CellResult]

WINDOWED_STAGES = ("windowed marts", "marts' Parquet", "report")


@dataclass(frozen=True)
class Goal:
    """One goal.

    Attributes:
        measured: the figure; a KeyError means that a cell is missing.
        most: what it may be at most; ``reach``: what would be first in the field.
        unit: behind the figure; ``×`` is a ratio.
        least: the figure is to be as large as this instead.
    """

    title: str
    measured: Callable[[Results], float]
    most: float
    reach: float | None = None
    unit: str = "×"
    least: bool = False

    def is_met(self, figure: float, bound: float) -> bool:
        """Whether a figure is within a bound."""
        return figure >= bound if self.least else figure <= bound


def _ratio(cell: str, name: str, to: str) -> Callable[[Results], float]:
    return lambda results: results[cell].of(name).wall_seconds / results[cell].of(to).wall_seconds


def _peak(results: Results, cell: str, name: str) -> float:
    peak = results[cell].of(name).peak_mb
    if peak is None:
        raise KeyError(name)
    return peak


def _beyond_file(series: Series) -> float:
    """Seconds of building and publishing, without what copying, syncing and hashing takes."""
    return series.stages["build"] + series.stages["publish"] - median(series.file_seconds)


def _without_windowed(series: Series) -> float:
    stages = series.stages
    return _beyond_file(series) - sum(stages.get(name, 0.0) for name in WINDOWED_STAGES)


def _unchanged_10m(results: Results) -> float:
    night, floor = (results["nights-10m"].of(f"unchanged-{name}") for name in ("bare", "floor"))
    return (night.wall_seconds - median(night.file_seconds)) / floor.wall_seconds


def _slowest_query(results: Results) -> float:
    queries = results["nights-10m"].queries
    return max(
        math.inf if seconds is None else seconds
        for name, seconds in queries.items()
        if name != "paired_bootstrap"
    )


def _dagster_share(cell: str) -> Callable[[Results], float]:
    return lambda results: (
        results[cell].of("cli").wall_seconds - results[cell].of("bare").wall_seconds
    )


GOALS = (
    Goal("full first sync, 170 MB, bare, to the floor", _ratio("first-170mb", "bare", "floor"),
         3.0, 2.3),
    Goal("the same: dlt REST, to ours", _ratio("first-170mb", "dlt-rest", "bare"),
         5.0, 6.0, least=True),
    Goal("the same: dlt with Arrow, to ours", _ratio("first-170mb", "dlt-arrow", "bare"),
         1.6, 2.2, least=True),
    Goal("the same: our peak memory, to dlt REST's",
         lambda r: _peak(r, "first-170mb", "bare") / _peak(r, "first-170mb", "dlt-rest"), 0.5),
    Goal("the same: our peak memory, to that of dlt with Arrow",
         lambda r: _peak(r, "first-170mb", "bare") / _peak(r, "first-170mb", "dlt-arrow"), 0.5),
    Goal("170 MB at 250 ms a request, 8 in flight, bare, to the floor",
         _ratio("first-170mb-250ms", "bare", "floor"), 1.15, 1.08),
    Goal("peak memory, bare, 850 MB to 170 MB",
         lambda r: _peak(r, "first-850mb", "bare") / _peak(r, "first-170mb", "bare"), 1.2),
    Goal("peak memory, bare, 170 MB", lambda r: _peak(r, "first-170mb", "bare"),
         450, 300, "MB"),
    Goal("peak memory, bare, 850 MB", lambda r: _peak(r, "first-850mb", "bare"),
         450, 300, "MB"),
    Goal("a night on which nothing changed, 170 MB, bare, to the floor",
         _ratio("nights-170mb", "unchanged-bare", "unchanged-floor"), 1.5, 1.2),
    Goal("the same with 10 million evaluations, beyond copying, syncing and hashing the file",
         _unchanged_10m, 1.5, 1.2),
    Goal("1 % changed, 10 million evaluations: fold, audits, per-run marts, publication, beyond "
         "copying, syncing and hashing the file",
         lambda r: _without_windowed(r["nights-10m"].of("changed-bare")), 4, 2, "s"),
    Goal("the same with the windowed marts, their Parquet and the report",
         lambda r: _beyond_file(r["nights-10m"].of("changed-bare")), 60, 15, "s"),
    Goal("nights 58 to 60, to nights 2 to 4",
         lambda r: r["aging-170mb"].of("late-bare").wall_seconds
         / r["aging-170mb"].of("early-bare").wall_seconds, 1.2, 1.05),
    Goal("slowest example query but the bootstrap, 10 million evaluations, warm",
         _slowest_query, 1, None, "s"),
    Goal("Dagster's share of a sync, 17 MB", _dagster_share("first-17mb"), 5, 3, "s"),
    Goal("Dagster's share of a sync, 170 MB", _dagster_share("first-170mb"), 5, 3, "s"),
    Goal("Dagster's share of a sync, 850 MB", _dagster_share("first-850mb"), 5, 3, "s"),
)  # fmt: skip
"""All of them, in the order of the page."""
