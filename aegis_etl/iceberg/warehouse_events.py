"""Reads from a warehouse what each sync opened and closed in history."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from aegis_etl.iceberg.event_tables import EVENT_TABLES, SYNCS
from aegis_etl.statements import read_statement

BATCH_BYTES = 32_000_000
_ROWS_AT_ONCE = 2048


def read_events(
    connection: duckdb.DuckDBPyConnection, name: str, *, after: str, until: str
) -> Iterator[pa.Table]:
    """The events of ``history.<name>`` of the syncs after one and up to another.

    Yields them in tables of about ``BATCH_BYTES``, with the columns of ``EVENT_TABLES``; memory
    does not grow with the number of events.

    Args:
        after: a sync id; empty for the first sync on.
        until: a sync id, itself included.
    """
    schema = EVENT_TABLES[name].arrow_schema
    reader = _find_events(connection, name, after, until).to_arrow_reader(_ROWS_AT_ONCE)
    held: list[pa.RecordBatch] = []
    for batch in reader:
        held.append(batch)
        if sum(part.nbytes for part in held) >= BATCH_BYTES:
            yield _join(held, schema)
            held = []
    if any(part.num_rows for part in held):
        yield _join(held, schema)


def count_events(connection: duckdb.DuckDBPyConnection, name: str, *, until: str) -> int:
    """How many events of ``history.<name>`` there are from the first sync up to another."""
    counted = _find_events(connection, name, "", until).aggregate("count(*)").fetchall()
    return int(counted[0][0])


def read_syncs(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """``meta.syncs``, oldest first."""
    rows = connection.table("meta.syncs").order("sync_id").to_arrow_table()
    return rows.select(SYNCS.names).cast(SYNCS.arrow_schema)


def _find_events(
    connection: duckdb.DuckDBPyConnection, name: str, after: str, until: str
) -> duckdb.DuckDBPyRelation:
    events = read_statement(f"iceberg/events/{name}")
    return connection.sql(events, params={"after": after, "until": until})


def _join(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(batches).select(schema.names).cast(schema)
