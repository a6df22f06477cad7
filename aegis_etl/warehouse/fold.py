"""Folds one sync into history: the only operation that changes what the warehouse holds.

The rules are the contract's (*history*, *Gone*, *Scope*) and stand in ``sql/history/``: set-based,
separable by ``dataset_id``, reading relations and no path.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
from duckdb.func import FunctionNullHandling

from aegis_etl.lake.manifest import Manifest
from aegis_etl.lake.paths import TABLE_NAMES
from aegis_etl.statements import quote_identifier, quote_text, read_statement
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.values import keep_spelling

LakeTables = Mapping[str, Path | pa.Table]
"""The rows of one sync by table: a Parquet file of the lake, or the rows themselves."""

_DATASET_FOLDS = (
    "history/datasets",
    "history/records",
    "history/runs",
    "history/evaluations",
    "history/evaluated_runs",
    "history/reopened_evaluations",
    "meta/dataset_state",
)
_SYNC_FOLDS = ("meta/syncs", "meta/sync_errors")


def fold_sync(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, tables: LakeTables
) -> None:
    """Folds one sync into the warehouse that the connection writes, in one transaction.

    Args:
        tables: the rows of every dataset whose entry in the manifest is ``changed``. A column that
            an older lake file lacks is null.
    """
    _offer_json_equality(connection)
    connection.execute("begin")
    offer_sync(connection, manifest, tables)
    for name in (*_DATASET_FOLDS, *_SYNC_FOLDS):
        connection.execute(read_statement(name))
    connection.execute("commit")


def fold_manifest(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """Folds what is no dataset's: the sync itself and its errors. The rest is folded elsewhere."""
    offer_sync(connection, manifest, empty_tables())
    for name in _SYNC_FOLDS:
        connection.execute(read_statement(name))


def empty_tables() -> dict[str, pa.Table]:
    """The lake's tables of a sync that brought no row."""
    return {name: table.arrow_schema.empty_table() for name, table in TABLES.items()}


def _offer_json_equality(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes ``keep_spelling`` a function of SQL: DuckDB itself compares JSON by its text."""
    with suppress(duckdb.NotImplementedException):  # it is one already
        connection.create_function(
            "keep_spelling",
            keep_spelling,
            ["JSON", "JSON"],
            "JSON",
            null_handling=FunctionNullHandling.SPECIAL,
        )


def offer_sync(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, tables: LakeTables
) -> None:
    """Makes one sync readable for SQL, and folds nothing.

    The temporary relations are ``manifest``, ``entries`` (one row a dataset asked for),
    ``touched`` (the datasets changed or deleted), ``shown_runs`` (the runs whose evaluations the
    payloads show) and ``new_<table>`` (the rows of the lake).
    """
    _offer_manifest(connection, manifest)
    for name in TABLE_NAMES:
        _offer_rows(connection, name, tables[name])


def _offer_manifest(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    alone = msgspec.structs.replace(manifest, datasets=[], shape=[], files={})
    connection.execute(
        read_statement("inputs/manifest"), {"manifest": msgspec.json.encode(alone).decode()}
    )
    connection.execute(
        read_statement("inputs/entries"),
        {"entries": msgspec.json.encode(manifest.datasets).decode()},
    )
    connection.execute(read_statement("inputs/touched"))
    connection.execute(read_statement("inputs/shown_runs"))


def _offer_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Path | pa.Table) -> None:
    if isinstance(rows, Path):
        lake = f"read_parquet({quote_text(str(rows))}, hive_partitioning = false)"
    else:
        lake = f"arrow_{table}"
        connection.register(lake, rows)
    found = {row[0] for row in connection.execute(f"describe from {lake}").fetchall()}
    columns = connection.execute(read_statement("catalog/content_columns"), {"table": table})
    selected = ", ".join(
        f"{_read_column(name, kind) if name in found else f'null::{kind}'}"
        f" as {quote_identifier(name)}"
        for name, kind in columns.fetchall()
    )
    connection.execute(f"create or replace temp view new_{table} as select {selected} from {lake}")  # noqa: S608  names come from the catalog, quoted


def _read_column(name: str, kind: str) -> str:
    column = quote_identifier(name)
    if kind != "JSON":
        return column
    # JSON text that DuckDB cannot parse, such as a lone surrogate, is kept as a JSON string.
    return f"coalesce(try_cast({column} as json), to_json({column}))"
