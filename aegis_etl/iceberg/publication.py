"""Brings Iceberg up to a published warehouse: what each sync opened and closed, then the syncs.

pyiceberg commits one table at a time. So readers go by ``syncs``, which gets its rows last: events
of later syncs are there, and not seen. Each append names the newest sync that it holds, so one
that was cut short between two tables goes on without writing a row twice.
"""

from datetime import datetime

import duckdb
import pyarrow as pa
from pyiceberg.table import Table as IcebergTable

from aegis_etl.iceberg.catalog import IcebergError, IcebergHistory
from aegis_etl.iceberg.erasure import erase_datasets, find_erased, finish_erasure
from aegis_etl.iceberg.event_tables import SYNCS
from aegis_etl.iceberg.snapshots import SYNC_ID, count_rows, find_newest
from aegis_etl.iceberg.warehouse_events import count_events, read_events, read_syncs


def publish_history(connection: duckdb.DuckDBPyConnection, history: IcebergHistory) -> None:
    """Makes Iceberg say what the warehouse says.

    Syncs that Iceberg lacks are appended, oldest first, in batches. After a rollback the newer
    ones are taken out of ``syncs``, which hides them until they are folded again. Datasets that
    were erased from the warehouse are erased from every file of Iceberg.

    Args:
        connection: reads the published warehouse.

    Raises:
        IcebergError: Iceberg holds the history of another warehouse, or of this one before it was
            rebuilt; nothing was appended.
    """
    syncs, shown = read_syncs(connection), read_shown_syncs(history)
    _check_same_warehouse(syncs, shown, history.namespace)
    newest = syncs["sync_id"][-1].as_py()
    marker = max((i for i in shown["sync_id"].to_pylist() if i <= newest), default="")
    _reconcile(connection, history, marker=marker, newest=newest)
    for name, table in history.events.items():
        after = find_newest(table, marker=marker)
        if after < newest:
            _append(connection, name, table, after=after, until=newest)
    _show_syncs(history, syncs, shown)


def drop_history(connection: duckdb.DuckDBPyConnection, history: IcebergHistory) -> None:
    """Drops what Iceberg holds of the warehouse, files included, so that it can be published anew.

    Raises:
        IcebergError: it is the history of another warehouse.
    """
    _check_same_warehouse(read_syncs(connection), read_shown_syncs(history), history.namespace)
    for table in (*history.events.values(), history.syncs):
        history.catalog.purge_table(table.name())


def read_shown_syncs(history: IcebergHistory) -> pa.Table:
    """The syncs that readers of Iceberg see, with the columns of ``meta.syncs``, oldest first."""
    rows = history.syncs.scan(selected_fields=SYNCS.names).to_arrow()
    return rows.select(SYNCS.names).cast(SYNCS.arrow_schema).sort_by("sync_id")


def _check_same_warehouse(syncs: pa.Table, shown: pa.Table, namespace: str) -> None:
    """Whether both know the same syncs, but for newer ones that one of them has besides."""
    # Syncs of two accounts may have started, but hardly ended, in the same instant.
    ended, shown_ended = _list_ends(syncs), _list_ends(shown)
    last = min(max(ended), max(shown_ended, default=""))
    apart = {i for i in ended.keys() | shown_ended.keys() if ended.get(i) != shown_ended.get(i)}
    if strange := min((sync_id for sync_id in apart if sync_id <= last), default=None):
        raise IcebergError(
            f"namespace {namespace} holds the history of another warehouse: sync {strange} is not "
            "the same in both; let AEGIS_ICEBERG_NAMESPACE name a namespace of its own"
        )


def _list_ends(syncs: pa.Table) -> dict[str, datetime]:
    ids, ends = syncs["sync_id"].to_pylist(), syncs["finished_at"].to_pylist()
    return dict(zip(ids, ends, strict=True))


def _reconcile(
    connection: duckdb.DuckDBPyConnection, history: IcebergHistory, *, marker: str, newest: str
) -> None:
    """Erases what the warehouse has erased, and checks that the number of events is the same."""
    held = {name: find_newest(table, marker=marker) for name, table in history.events.items()}
    is_rolled_back = any(sync_id > newest for sync_id in held.values())
    miscounts = [] if is_rolled_back else _find_miscounts(connection, history, held)
    if is_rolled_back or miscounts:
        erase_datasets(history, find_erased(connection, history, until=newest), held=held)
    for table in history.events.values():
        finish_erasure(table)
    if miscounts and (miscounts := _find_miscounts(connection, history, held)):
        raise IcebergError(
            f"namespace {history.namespace} holds another history than this warehouse, as after a "
            f"rebuild that did not reach it: {'; '.join(miscounts)}. Drop its tables, and the "
            "next sync publishes all of it again"
        )


def _find_miscounts(
    connection: duckdb.DuckDBPyConnection, history: IcebergHistory, held: dict[str, str]
) -> list[str]:
    counts = {
        name: (count_rows(table), count_events(connection, name, until=held[name]))
        for name, table in history.events.items()
    }
    return [
        f"{name}_events has {there:,} rows up to {held[name]}, the warehouse {here:,}"
        for name, (there, here) in counts.items()
        if there != here
    ]


def _append(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    table: IcebergTable,
    *,
    after: str,
    until: str,
) -> None:
    with table.transaction() as transaction:
        for events in read_events(connection, name, after=after, until=until):
            transaction.append(events, snapshot_properties={SYNC_ID: until})


def _show_syncs(history: IcebergHistory, syncs: pa.Table, shown: pa.Table) -> None:
    """Moves what readers go by, in one commit: rows that changed meanwhile are replaced."""
    if syncs.slice(0, shown.num_rows) != shown:
        history.syncs.overwrite(syncs)
    elif syncs.num_rows > shown.num_rows:
        newest = syncs["sync_id"][-1].as_py()
        history.syncs.append(syncs.slice(shown.num_rows), snapshot_properties={SYNC_ID: newest})
