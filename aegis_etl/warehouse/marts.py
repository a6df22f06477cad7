"""Makes the marts: tables of the schema ``marts`` that answer questions, one SQL file each.

A night refreshes the rows of the datasets that it touched, and makes those marts anew that look
across datasets or at a window that ends now. One that touched none makes the windows alone. Either
way the result is what a full build would give.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb

from aegis_etl.lake.files import create_folder
from aegis_etl.statements import (
    describe_statement,
    quote_identifier,
    quote_text,
    read_statement,
)
from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.mart_relations import Mart, order_inputs, order_macros, order_marts
from aegis_etl.warehouse.metric_names import load_metric_names

NOT_WRITTEN = "evaluation_outcomes"
"""The mart that is not published as Parquet: it has as many rows as there are evaluations."""


def make_marts(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    metric_names: Path,
    published: Path | None = None,
) -> None:
    """The step of a build that makes the marts and their Parquet in ``<folder>/marts/``.

    Args:
        connection: to a folded warehouse; its temporary relation ``scope`` holds the datasets that
            the build touched.
        metric_names: the user's ``metric_names.csv``; a bad one is a warning.
        published: the Parquet of the version that this one began as, for marts that stay the same.
    """
    load_metric_names(connection, metric_names)
    made = build_marts(connection, [row[0] for row in connection.table("scope").fetchall()])
    write_marts(connection, folder / "marts", made=made, published=published)


def build_marts(
    connection: duckdb.DuckDBPyConnection, refreshed: Collection[int] | None = None
) -> list[str]:
    """Brings every mart, with its macros and comments, up to date with ``history`` and ``meta``.

    Args:
        refreshed: the datasets that were touched since the marts were made; None: all. Marts that
            are missing, or were made by other definitions, are made for all datasets.

    Returns:
        The marts that were made or refreshed; the others are as they were.
    """
    connection.execute("begin")
    digest = _digest_definitions()
    if refreshed is None or _read_digest(connection) != digest:
        refreshed = None
        _define(connection)
        connection.execute(read_statement("marts/upkeep/definitions"), {"sha256": digest})
    if refreshed is None or refreshed or _has_news(connection):
        _refresh_all(connection, refreshed)
        made = order_marts()
    else:
        made = tuple(mart for mart in order_marts() if mart.nightly)
        for mart in made:
            _refresh(connection, mart, [])
    connection.execute("commit")
    return [mart.name for mart in made]


def write_marts(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    made: Collection[str] | None = None,
    published: Path | None = None,
) -> list[Path]:
    """Writes every mart but ``evaluation_outcomes`` as ``<folder>/<mart>.parquet``.

    Args:
        made: the marts that are not as they were in ``published``; None: all.
        published: where the others' Parquet is. A published file is never written again, so it may
            bear a second name; where it cannot, it is written.
    """
    create_folder(folder)
    paths = []
    for mart in read_mart_columns():
        if mart == NOT_WRITTEN:
            continue
        path = folder / f"{mart}.parquet"
        paths.append(path)
        path.unlink(missing_ok=True)  # a killed build may have left a published file's second name
        same = (
            published / path.name if published and made is not None and mart not in made else None
        )
        if same is None or not _link_file(path, same):
            connection.table(f"marts.{mart}").write_parquet(str(path), compression="zstd")
    return paths


def _link_file(path: Path, same: Path) -> bool:
    try:
        path.hardlink_to(same.resolve())
    except OSError:
        return False
    return True


def _has_news(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(connection.execute(read_statement("marts/upkeep/news")).fetchall())


def _refresh_all(connection: duckdb.DuckDBPyConnection, refreshed: Collection[int] | None) -> None:
    connection.execute("reset variable refresh_batch")
    connection.execute(read_statement("marts/upkeep/names_before"))
    for statement in order_inputs(every_dataset=refreshed is None):
        bound = {"dataset_ids": list(refreshed or ())} if "$dataset_ids" in statement else None
        connection.execute(statement, bound)
    batches = [
        row[0] for row in connection.execute(read_statement("marts/upkeep/batches")).fetchall()
    ]
    for mart in order_marts():
        _refresh(connection, mart, batches)
    _rename_metrics(connection)


def _digest_definitions() -> str:
    texts = [*order_macros().values(), *order_inputs(every_dataset=True), *map(repr, order_marts())]
    return hashlib.sha256("\n".join([*texts, repr(read_mart_columns())]).encode()).hexdigest()


def _read_digest(connection: duckdb.DuckDBPyConnection) -> str | None:
    if not connection.execute(read_statement("marts/upkeep/is_defined")).fetchall():
        return None
    (digest,) = connection.table("meta.mart_definitions").fetchall()[0]
    return str(digest)


def _define(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the schema, the macros and empty tables, each with its comment."""
    connection.execute("create schema if not exists marts")
    for mart in order_marts():
        columns = read_mart_columns()[mart.name]
        table = f"marts.{quote_identifier(mart.name)}"
        defined = ", ".join(f"{quote_identifier(c.name)} {c.type}" for c in columns)
        connection.execute(f"create or replace table {table} ({defined})")
        connection.execute(f"comment on table {table} is {quote_text(mart.description)}")
        for column in columns:
            connection.execute(
                f"comment on column {table}.{quote_identifier(column.name)}"
                f" is {quote_text(column.definition)}"
            )
    for name, statement in order_macros().items():
        connection.execute(statement)
        kind = "macro table" if " as table" in statement else "macro"
        connection.execute(
            f"comment on {kind} marts.{name} is {quote_text(describe_statement(statement))}"
        )


def _refresh(connection: duckdb.DuckDBPyConnection, mart: Mart, batches: list[int]) -> None:
    table = f"marts.{quote_identifier(mart.name)}"
    if mart.by_dataset:
        connection.execute(
            f"delete from {table} where dataset_id in (select dataset_id from refreshed)"  # noqa: S608  names come from sql/marts, quoted
        )
        for batch in batches:
            connection.execute("set variable refresh_batch = $1", [batch])
            connection.execute(f"insert into {table} by name {mart.select}")
            if mart.summary:
                connection.execute(mart.summary)
        connection.execute("reset variable refresh_batch")
    else:
        connection.execute(f"create or replace temp table remade as {mart.select}")
        connection.execute(f"truncate {table}")
        connection.execute(f"insert into {table} by name from remade")
        connection.execute("drop table remade")


def _rename_metrics(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the rows that were not refreshed the names that metrics have now."""
    connection.execute(read_statement("marts/upkeep/renamed"))
    if not connection.table("renamed").fetchall():
        return
    for mart in order_marts():
        names = {column.name for column in read_mart_columns()[mart.name]}
        if mart.by_dataset and "metric_name" in names:
            connection.execute(
                f"update marts.{quote_identifier(mart.name)} as mart"  # noqa: S608  names come from sql/marts, quoted
                " set metric_name = renamed.metric_name"
                " from renamed where mart.metric_id = renamed.metric_id"
            )
