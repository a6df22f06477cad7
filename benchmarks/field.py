"""The field: who takes part, in which environment, and where each leaves its rows."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.environments import FOLDER, OURS_PYTHON, PEERS_PYTHON
from benchmarks.served import Served

CONCURRENCY = 8
"""Requests in flight; dlt takes sixteen, and the naive script one."""


@dataclass(frozen=True)
class Contender:
    """One way to get an account's data.

    Attributes:
        command: run in an empty folder.
        warehouse: the DuckDB file that it leaves, below that folder.
        tables: where in it the rows of the API's tables are.
    """

    name: str
    title: str
    command: tuple[str, ...]
    warehouse: str | None = None
    tables: Mapping[str, str] = field(default_factory=dict)
    is_peer: bool = False

    def count_rows(self, folder: Path) -> dict[str, int] | None:
        """The rows that it left, by the API's table; None when it leaves none."""
        if self.warehouse is None:
            return None
        with duckdb.connect(folder / self.warehouse, read_only=True) as connection:
            return {name: len(connection.table(table)) for name, table in self.tables.items()}


def _module(python: Path, name: str) -> tuple[str, ...]:
    return (str(python), "-m", f"benchmarks.contenders.{name}")


_TABLES = {name: name for name in ("datasets", "records", "runs", "evaluations")}
_AEGIS_ETL = str(OURS_PYTHON.parent / "aegis-etl")

FLOOR = Contender(
    "floor", "the same bytes downloaded and thrown away", _module(OURS_PYTHON, "floor")
)
BARE = Contender(
    "bare",
    "this pipeline, bare",
    _module(OURS_PYTHON, "bare"),
    "data/warehouse.duckdb",
    _TABLES,
)
FIELD = (
    FLOOR,
    BARE,
    Contender(
        "cli",
        "this pipeline, `aegis-etl sync`",
        (_AEGIS_ETL, "sync", "--quiet"),
        "data/warehouse.duckdb",
        _TABLES,
    ),
    Contender(
        "dlt-rest",
        "dlt, its REST source",
        _module(PEERS_PYTHON, "dlt_rest"),
        "warehouse.duckdb",
        {
            "datasets": "aegis.datasets",
            "records": "aegis.datasets__records",
            "runs": "aegis.datasets__runs",
            "evaluations": "aegis.datasets__evaluations",
        },
        is_peer=True,
    ),
    Contender(
        "dlt-arrow",
        "dlt, a hand-written Arrow resource",
        _module(PEERS_PYTHON, "dlt_arrow"),
        "warehouse.duckdb",
        {name: f"aegis.{name}" for name in _TABLES},
        is_peer=True,
    ),
    Contender(
        "script-naive",
        "a script: requests, pandas, DuckDB",
        _module(PEERS_PYTHON, "script_naive"),
        "warehouse.duckdb",
        _TABLES,
        is_peer=True,
    ),
    Contender(
        "script-fast",
        "a script: threads, DuckDB's JSON reader",
        _module(PEERS_PYTHON, "script_fast"),
        "warehouse.duckdb",
        _TABLES,
        is_peer=True,
    ),
)
"""All contenders, in the order of the tables."""


def make_environment(served: Served, folder: Path, home: Path, *, now: datetime) -> dict[str, str]:
    """All environment variables of a contender.

    Args:
        folder: where it runs.
        home: what outlives it, as a user's home does: Dagster's own state.
        now: the start of our sync, by the sandbox's clock.
    """
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "PYTHONPATH": str(FOLDER.parent),
        "AEGIS_BASE_URL": served.base_url,
        "AEGIS_API_KEY": served.api_key,
        "AEGIS_MAX_CONCURRENCY": str(CONCURRENCY),
        "AEGIS_DATA_DIR": str(folder / "data"),
        "DAGSTER_HOME": str(home / "dagster_home"),
        "BENCH_NOW": now.isoformat(),
        "BENCH_STAGES": "1",
    }
