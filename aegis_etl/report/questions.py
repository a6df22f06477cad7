"""The report's questions, one a file of ``sql/report/``, asked of a built warehouse."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
"""One row of an answer, by column."""

_INPUTS = ("nights", "captured_runs")


def prepare_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the temporary relations that several questions read, from ``sql/report/inputs/``."""
    for name in _INPUTS:
        connection.execute(_read_sql(f"inputs/{name}"))


def ask(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> list[Row]:
    """The rows that answer ``sql/report/<name>.sql``, its ``$parameters`` bound to the values."""
    answer = connection.execute(_read_sql(name), values or None)
    columns = [column[0] for column in answer.description]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


@cache
def _read_sql(name: str) -> str:
    packaged = Path(str(files("aegis_etl"))) / "sql"
    folder = packaged if packaged.is_dir() else packaged.parent.parent / "sql"
    return (folder / "report" / f"{name}.sql").read_text(encoding="utf-8")
