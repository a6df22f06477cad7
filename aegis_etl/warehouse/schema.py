"""The warehouse's own definitions: schemas, tables, views, macros and the comments on them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

import duckdb

from aegis_etl.statements import (
    describe_statement,
    list_statements,
    quote_identifier,
    quote_text,
    read_statement,
)
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.columns import Column, Table
from aegis_etl.tables.warehouse_tables import CURRENT_TABLES, HISTORY_TABLES, META_TABLES

_DEFINITIONS = Table(
    "definitions",
    "The version of this file's own definitions: when it differs, the next sync makes them anew",
    ("sha256",),
    (Column("sha256", "VARCHAR", "SHA-256 of the tables, views, macros and comments"),),
)

_SHOWN_WHOLE = Column(
    "_shown_whole",
    "BOOLEAN",
    "Whether a whole payload showed the run in this time: an evaluation of it that was not among"
    " them is proven gone",
)

_SCORE_REPEATS = Table(
    "score_repeats",
    "How scores moved on unchanged content, by dataset: what marts.judge_reliability is made from",
    ("dataset_id", "metric_id", "model_slug"),
    (
        Column("dataset_id", "BIGINT", "The dataset"),
        Column("metric_id", "BIGINT", "The metric"),
        Column("model_slug", "VARCHAR", "The model that scored; (no model) when null"),
        Column("repeats", "BIGINT", "Consecutive scores of one record by one metric and model with"
               " the same threshold, answer, question and reference"),
        Column("squared_change", "DOUBLE", "Sum of the squared differences between repeats"),
        Column("absolute_change", "DOUBLE", "Sum of the absolute differences between repeats"),
        Column("identical", "BIGINT", "Repeats with exactly the same score"),
        Column("flips", "BIGINT", "Repeats whose verdict changed"),
    ),
)  # fmt: skip

STORED_TABLES: Mapping[str, Mapping[str, Table]] = {
    "history": {
        **HISTORY_TABLES,
        "evaluated_runs": replace(
            HISTORY_TABLES["evaluated_runs"],
            columns=(*HISTORY_TABLES["evaluated_runs"].columns, _SHOWN_WHOLE),
        ),
    },
    "meta": {**META_TABLES, "definitions": _DEFINITIONS, "score_repeats": _SCORE_REPEATS},
}
"""Tables by schema; ``main`` holds views only."""


def create_definitions(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates what the warehouse lacks, and makes views, macros and comments anew if they changed.

    A table of an older version gets the columns that it lacks, null in its rows.
    """
    tables = list(_define_tables())
    rest = [*_define_views(), *_define_comments()]
    digest = hashlib.sha256("\n".join(tables + rest).encode()).hexdigest()
    if _read_digest(connection) == digest:
        return
    connection.execute("begin")
    for statement in tables:
        connection.execute(statement)
    connection.execute(read_statement("meta/definitions"), {"sha256": digest})
    for statement in rest:
        connection.execute(statement)
    connection.execute("commit")


def _read_digest(connection: duckdb.DuckDBPyConnection) -> str | None:
    try:
        rows = connection.table("meta.definitions").fetchall()
    except duckdb.CatalogException:
        return None
    return str(rows[0][0])


def _define_tables() -> Iterator[str]:
    for schema in (*STORED_TABLES, "marts"):
        yield f"create schema if not exists {quote_identifier(schema)}"
    for schema, tables in STORED_TABLES.items():
        for table in tables.values():
            name = f"{quote_identifier(schema)}.{quote_identifier(table.name)}"
            columns = [f"{quote_identifier(c.name)} {c.type}" for c in table.columns]
            yield f"create table if not exists {name} ({', '.join(columns)})"
            for column in columns:
                yield f"alter table {name} add column if not exists {column}"


def _define_views() -> Iterator[str]:
    for name in list_statements("current"):
        yield read_statement(name)


def _define_comments() -> Iterator[str]:
    for schema, tables in STORED_TABLES.items():
        for table in tables.values():
            yield from _comment(schema, "table", table)
    for table in CURRENT_TABLES.values():
        yield from _comment("main", "view", table)
    for name in TABLES:
        description = describe_statement(read_statement(f"current/{name}_as_of"))
        macro = quote_identifier(f"{name}_as_of")
        yield f"comment on macro table main.{macro} is {quote_text(description)}"


def _comment(schema: str, kind: str, table: Table) -> Iterator[str]:
    name = f"{quote_identifier(schema)}.{quote_identifier(table.name)}"
    yield f"comment on {kind} {name} is {quote_text(table.description)}"
    for column in table.columns:
        target = f"{name}.{quote_identifier(column.name)}"
        yield f"comment on column {target} is {quote_text(column.description)}"
