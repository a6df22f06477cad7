"""The cells of the benchmark: what is measured on which account."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.accounts import ACCOUNTS
from benchmarks.environments import FOLDER
from benchmarks.field import Contender
from benchmarks.results import CellResult, describe_machine, now
from benchmarks.rounds import Bench, measure_aging, measure_first_syncs, measure_nights
from benchmarks.served import serve_account

WORK = FOLDER / ".work"


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        account: its name in ``ACCOUNTS``.
        kind: ``first`` syncs of the whole field; ``nights`` and ``aging`` are ours and the floor's.
        latency_ms: that each answer takes.
        memory_runs: runs besides the timed ones, sampled for memory.
    """

    name: str
    title: str
    account: str
    kind: Literal["first", "nights", "aging"]
    latency_ms: int = 0
    memory_runs: int = 1

    def run(self, contenders: Sequence[Contender], *, runs: int) -> CellResult:
        """Measures the cell; ``contenders`` are those of its first syncs."""
        folder = WORK / self.name
        shutil.rmtree(folder, ignore_errors=True)
        queries: dict[str, float | None] = {}
        with serve_account(ACCOUNTS[self.account], latency_ms=self.latency_ms) as served:
            bench = Bench(served, folder, runs, self.memory_runs)
            if self.kind == "first":
                series = measure_first_syncs(bench, contenders)
            elif self.kind == "nights":
                series, queries = measure_nights(bench)
            else:
                series = measure_aging(bench)
        shutil.rmtree(folder)
        return CellResult(
            cell=self.name,
            title=self.title,
            measured_at=now(),
            machine=describe_machine(),
            rows=served.rows,
            payload_bytes=served.payload_bytes,
            series=series,
            queries=queries,
        )


def _make_cells() -> list[Cell]:
    cells = []
    for account in ("17mb", "170mb", "850mb"):
        size = f"{account[:-2]} MB"
        cells += [
            Cell(f"first-{account}", f"First sync, {size}", account, "first", memory_runs=3),
            Cell(
                f"first-{account}-250ms",
                f"First sync, {size}, 250 ms a request",
                account,
                "first",
                latency_ms=250,
            ),
        ]
    return [
        *cells,
        Cell("nights-170mb", "Nights after the first, 170 MB", "170mb", "nights"),
        Cell("nights-990mb", "Nights after the first, 1.2 million evaluations", "990mb", "nights"),
        Cell("nights-10m", "Nights after the first, 10 million evaluations", "10m", "nights"),
        Cell("aging-170mb", "Sixty nights, 5 % of the datasets changed each", "170mb", "aging"),
        Cell("first-2mb", "First sync, 2 MB", "2mb", "first"),
        Cell("nights-2mb", "Nights after the first, 2 MB", "2mb", "nights"),
        Cell("aging-2mb", "Sixty nights, 2 MB", "2mb", "aging"),
    ]


CELLS = {cell.name: cell for cell in _make_cells()}
"""By name. Those of 2 MB only try the benchmark: they run when they are asked for."""

FULL_RUN = [name for name in CELLS if ACCOUNTS[CELLS[name].account].datasets > 5]
