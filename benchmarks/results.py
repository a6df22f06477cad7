"""What was measured: kept as JSON, a file a cell, with the machine that it was measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.environments import REQUIREMENTS
from benchmarks.measure import Measurement

RESULTS = Path(__file__).resolve().parent / "results"


class Series(msgspec.Struct):
    """The runs of one contender, or of one kind of night.

    Attributes:
        measurements: those that sampled memory are not counted for time.
        file_seconds: after each timed night, what copying, syncing and hashing its warehouse takes.
        rows: the rows that it left; ``rows_equal``: whether they are the ones served.
    """

    name: str
    title: str
    measurements: list[Measurement] = []
    file_seconds: list[float] = []
    rows: dict[str, int] | None = None
    rows_equal: bool | None = None

    @property
    def timed(self) -> list[Measurement]:
        """The runs whose memory was not sampled."""
        return [one for one in self.measurements if one.peak_mb is None]

    @property
    def wall_seconds(self) -> float:
        """Median wall time."""
        return median(one.wall_seconds for one in self.timed)

    @property
    def cpu_seconds(self) -> float:
        """Median CPU time."""
        return median(one.cpu_seconds for one in self.timed)

    @property
    def peak_mb(self) -> float | None:
        """Median of the peaks; None where none was sampled."""
        peaks = [one.peak_mb for one in self.measurements if one.peak_mb is not None]
        return median(peaks) if peaks else None

    @property
    def stages(self) -> dict[str, float]:
        """Median seconds of each stage of our sync."""
        found = [msgspec.json.decode(one.output).get("stages", {}) for one in self.timed]
        return {stage: median(one.get(stage, 0.0) for one in found) for stage in found[0]}


class CellResult(msgspec.Struct):
    """One cell, measured.

    Attributes:
        rows: what the API served of each table.
        queries: seconds of each example query, warm, null where it failed; empty where none was
            asked.
    """

    cell: str
    title: str
    measured_at: datetime
    machine: str
    rows: dict[str, int]
    payload_bytes: int
    series: list[Series]
    queries: dict[str, float | None] = {}

    def of(self, name: str) -> Series:
        """The series of that name.

        Raises:
            KeyError: it was not measured.
        """
        for series in self.series:
            if series.name == name and series.timed:
                return series
        raise KeyError(name)


def save_result(result: CellResult) -> Path:
    """Writes a cell's result in the place of the one before."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{result.cell}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return path


def load_results() -> dict[str, CellResult]:
    """All results that are kept, by cell."""
    found = (
        msgspec.json.decode(path.read_bytes(), type=CellResult) for path in RESULTS.glob("*.json")
    )
    return {result.cell: result for result in found}


def describe_machine() -> str:
    """The machine, and the versions that matter, in one line."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    pinned = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    dlt = next(line.partition("==")[2] for line in pinned if line.startswith("dlt=="))
    return (
        f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, DuckDB {version('duckdb')}, "
        f"PyArrow {version('pyarrow')}, Dagster {version('dagster')}, dlt {dlt}"
    )


def now() -> datetime:
    """The time of a measurement, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
