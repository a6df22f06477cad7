"""The report's questions, one a file of ``sql/report/``, asked of a built warehouse."""

from typing import Any

import duckdb

from aegis_etl.statements import read_statement

Row = dict[str, Any]
"""One row of an answer, by column."""

_INPUTS = ("nights", "captured_runs")


def prepare_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the temporary relations that several questions read, from ``sql/report/inputs/``."""
    for name in _INPUTS:
        connection.execute(read_statement(f"report/inputs/{name}"))


def ask(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> list[Row]:
    """The rows that answer ``sql/report/<name>.sql``, its ``$parameters`` bound to the values."""
    answer = connection.execute(read_statement(f"report/{name}"), values or None)
    columns = [column[0] for column in answer.description]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
