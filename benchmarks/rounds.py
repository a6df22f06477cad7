"""How contenders take turns: rounds of first syncs, and nights that follow one another."""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aegis_etl.lake.files import hash_file
from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.copying import copy_file
from benchmarks.environments import OURS_PYTHON
from benchmarks.field import BARE, FLOOR, Contender, make_environment
from benchmarks.measure import measure
from benchmarks.results import Series
from benchmarks.served import Served

CHANGED_FRACTION = 0.01
AGING_FRACTION = 0.05
EARLY_NIGHTS = range(2, 5)
LATE_NIGHTS = range(58, 61)
QUERIES = Contender(
    "queries", "example queries", (str(OURS_PYTHON), "-m", "benchmarks.contenders.queries")
)


class WrongRowsError(Exception):
    """A contender left other rows than were served, or saw another change than there was."""


@dataclass(frozen=True)
class Bench:
    """An account that is served, and where its contenders run.

    Attributes:
        folder: holds a folder a contender, and ``home``, which outlives their runs.
        runs: timed ones; ``memory_runs`` are run besides, and sampled for memory.
    """

    served: Served
    folder: Path
    runs: int
    memory_runs: int

    def measure(self, contender: Contender, series: Series, *, sample_memory: bool = False) -> None:
        """Measures one run in the contender's folder, which is made if it is missing."""
        folder, home = self.folder / contender.name, self.folder / "home"
        for path in (folder, home / "dagster_home"):
            path.mkdir(parents=True, exist_ok=True)
        environment = make_environment(self.served, folder, home, now=self.served.read_now())
        one = measure(contender.command, environment, folder, sample_memory=sample_memory)
        series.measurements.append(one)
        figure = f"{one.wall_seconds:8.2f} s" if one.peak_mb is None else f"{one.peak_mb:8.0f} MB"
        print(f"{self.folder.name:16} {series.name:16} {figure}", file=sys.stderr, flush=True)

    def check_rows(self, contender: Contender, series: Series) -> None:
        """Counts what a contender left.

        Raises:
            WrongRowsError: it is not what was served.
        """
        series.rows = contender.count_rows(self.folder / contender.name)
        if series.rows is not None:
            series.rows_equal = series.rows == self.served.rows
        if series.rows_equal is False:
            raise WrongRowsError(f"{contender.name}: {series.rows}, not {self.served.rows}")

    def measure_file(self) -> float:
        """Seconds that it takes to copy, sync and hash the warehouse that our last night left."""
        data_dir = DataDir(self.folder / BARE.name / "data")
        target = self.folder / "copied.duckdb"
        os.sync()
        started = time.perf_counter()
        copy_file(data_dir.warehouse.resolve(), target)
        with target.open("rb") as copied:
            os.fsync(copied.fileno())
        hash_file(target)
        taken = time.perf_counter() - started
        target.unlink()
        return taken

    def clear(self, contender: Contender) -> None:
        """Removes what a contender left."""
        shutil.rmtree(self.folder / contender.name, ignore_errors=True)


def measure_first_syncs(bench: Bench, contenders: Sequence[Contender]) -> list[Series]:
    """Each contender syncs the account into an empty folder, in turns; each round starts later."""
    series = {one.name: Series(one.name, one.title) for one in contenders}
    for number in range(bench.memory_runs + bench.runs):
        first = number % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            bench.clear(contender)
            bench.measure(
                contender, series[contender.name], sample_memory=number < bench.memory_runs
            )
            bench.check_rows(contender, series[contender.name])
            bench.clear(contender)
    return list(series.values())


def measure_nights(bench: Bench) -> tuple[list[Series], dict[str, float | None]]:
    """The first sync; nights on which nothing changed; nights on which 1 % of the datasets did.

    Returns:
        A series a kind of night, each beside the floor's; and the seconds of each example query on
        the warehouse that the nights left.
    """
    first_floor = Series("first-floor", "first sync: the bytes downloaded and thrown away")
    first = Series("first-bare", "first sync: this pipeline, bare")
    for sample_memory in (True, False):
        bench.clear(BARE)
        bench.measure(FLOOR, first_floor, sample_memory=sample_memory)
        bench.measure(BARE, first, sample_memory=sample_memory)
    bench.check_rows(BARE, first)
    series = [first_floor, first]
    for kind, title, fraction in (
        ("unchanged", "nothing changed", 0.0),
        ("changed", "1 % of the datasets changed", CHANGED_FRACTION),
    ):
        floor = Series(f"{kind}-floor", f"{title}: the bytes downloaded and thrown away")
        bare = Series(f"{kind}-bare", f"{title}: this pipeline, bare")
        for number in range(1 + bench.runs):
            if fraction:
                bench.served.change(fraction)
            bench.measure(FLOOR, floor, sample_memory=number == 0)
            bench.measure(BARE, bare, sample_memory=number == 0)
            _check_changed(bare, bench.served, fraction)
            if number:
                bare.file_seconds.append(bench.measure_file())
        series += [floor, bare]
    return series, _ask_queries(bench)


def measure_aging(bench: Bench) -> list[Series]:
    """Sixty nights with the same share of changed datasets: the first ones and the last ones."""
    measured = {
        f"{age}-{one.name}": Series(f"{age}-{one.name}", f"{title}: {one.title}")
        for age, title in (("early", "nights 2 to 4"), ("late", "nights 58 to 60"))
        for one in (FLOOR, BARE)
    }
    between = Series("between", "the other nights")
    for night in range(1, LATE_NIGHTS.stop):
        if night > 1:
            bench.served.change(AGING_FRACTION)
        age = "early" if night in EARLY_NIGHTS else "late" if night in LATE_NIGHTS else None
        if age:
            bench.measure(FLOOR, measured[f"{age}-floor"])
        bare = measured[f"{age}-bare"] if age else between
        bench.measure(BARE, bare)
        _check_changed(bare, bench.served, AGING_FRACTION if night > 1 else 1)
    return list(measured.values())


def _check_changed(series: Series, served: Served, fraction: float) -> None:
    found = msgspec.json.decode(series.measurements[-1].output)["changed"]
    datasets = served.rows["datasets"]
    expected = max(1, round(datasets * fraction)) if fraction else 0
    if found != expected:
        raise WrongRowsError(f"{series.name}: {found} datasets changed, not {expected}")


def _ask_queries(bench: Bench) -> dict[str, float | None]:
    asked = Series("queries", "example queries")
    # They are asked of the warehouse that the pipeline left.
    bench.measure(Contender(BARE.name, BARE.title, QUERIES.command), asked)
    return dict(msgspec.json.decode(asked.measurements[0].output))
