"""The dashboard's questions, one a file of ``sql/dashboard/``, asked of a published warehouse."""

from typing import Any

import duckdb
import pyarrow as pa

from aegis_etl.statements import read_statement

Row = dict[str, Any]
"""One row of an answer, by column."""


def ask(connection: duckdb.DuckDBPyConnection, name: str, **values: Any) -> pa.Table:
    """The answer to ``sql/dashboard/<name>.sql``, its ``$parameters`` bound to the values."""
    statement = read_statement(f"dashboard/{name}")
    return connection.sql(statement, params=values or None).to_arrow_table()
