"""Reads the published warehouse."""

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.paths import DataDir
from aegis_etl.statements import quote_identifier, read_statement
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.warehouse.connection import open_for_reading


def find_warehouse(data_dir: DataDir) -> Path:
    """The published warehouse file.

    Raises:
        AegisEtlError: nothing was published yet.
    """
    if not data_dir.warehouse.exists():
        raise AegisEtlError(f"nothing is published below {data_dir.root}; run aegis-etl sync")
    return data_dir.warehouse.resolve()


def read_relation(data_dir: DataDir, name: str, *, as_of: datetime | None = None) -> pa.Table:
    """All rows of one published table, view or mart.

    Args:
        name: of a table of ``main``, or qualified with its schema: ``marts.run_scorecard``.
        as_of: the rows as they were known at this instant; for the API's four tables.

    Raises:
        AegisEtlError: nothing was published yet, there is no such table, or it has no history.
    """
    with open_for_reading(find_warehouse(data_dir)) as connection:
        names = list_relations(connection)
        if name.removeprefix("main.") not in names:
            raise AegisEtlError(f"there is no table {name!r}; there are: {', '.join(names)}")
        schema, _, table = name.rpartition(".")
        if as_of is None:
            relation = connection.table(
                f"{quote_identifier(schema or 'main')}.{quote_identifier(table)}"
            )
        elif schema in {"", "main"} and table in TABLES:
            relation = connection.table_function(f"{table}_as_of", [as_of])
        else:
            raise AegisEtlError(f"{name} has no as-of form; these have: {', '.join(TABLES)}")
        return relation.to_arrow_table()


def list_relations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of all tables and views: those of ``main`` bare, others with their schema."""
    rows = connection.execute(read_statement("catalog/relations")).fetchall()
    return [table if schema == "main" else f"{schema}.{table}" for schema, table in rows]
