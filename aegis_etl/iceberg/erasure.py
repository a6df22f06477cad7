"""Removes from Iceberg what was erased from the warehouse: rows, old snapshots, their files."""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress

import duckdb
from pyiceberg.table import Table as IcebergTable

from aegis_etl.iceberg.catalog import IcebergHistory
from aegis_etl.iceberg.snapshots import SYNC_ID, read_property

logger = logging.getLogger(__name__)

ERASED = "aegis-etl.erased"
"""The property of a snapshot that took rows out: those before it still hold them."""


def find_erased(
    connection: duckdb.DuckDBPyConnection, history: IcebergHistory, *, until: str
) -> set[int]:
    """The datasets of which Iceberg holds a version that the warehouse does not.

    Args:
        until: looks at versions of the syncs up to this one.
    """
    opened = history.events["datasets"].scan(
        f"_event = 'opened' and _sync_id <= '{until}'",
        selected_fields=("id", "_valid_from"),
    )
    known = set(connection.table("history.datasets").project("id, _valid_from").fetchall())
    held = [(row["id"], row["_valid_from"]) for row in opened.to_arrow().to_pylist()]
    return {dataset_id for dataset_id, since in held if (dataset_id, since) not in known}


def erase_datasets(
    history: IcebergHistory, dataset_ids: Collection[int], *, held: Mapping[str, str]
) -> None:
    """Deletes every event of these datasets, and with it the table's older snapshots.

    A call that was cut short is found again by ``find_erased``: the datasets' own events go last.

    Args:
        held: of each table, the newest sync whose events it holds.
    """
    if not dataset_ids:
        return
    for name, table in reversed(list(history.events.items())):
        key = "id" if name == "datasets" else "dataset_id"
        rows = f"{key} in ({', '.join(map(str, sorted(dataset_ids)))})"
        if table.scan(rows).count():
            table.delete(rows, snapshot_properties={SYNC_ID: held[name], ERASED: "true"})
            logger.info("erased %d datasets from %s in Iceberg", len(dataset_ids), name)
        finish_erasure(table)


def finish_erasure(table: IcebergTable) -> None:
    """Removes the snapshots from before an erasure and the files that only they had.

    Those that a tag or a branch names stay, and are warned of.
    """
    known = {snapshot.snapshot_id for snapshot in table.snapshots()}
    if not any(
        read_property(snapshot, ERASED) and snapshot.parent_snapshot_id in known
        for snapshot in table.snapshots()
    ):
        return
    named = {reference.snapshot_id for reference in table.refs().values()}
    kept = {path for snapshot_id in named for path in _list_files(table, snapshot_id)}
    for snapshot_id in known - named:
        for path in _list_files(table, snapshot_id) - kept:
            with suppress(FileNotFoundError):
                table.io.delete(path)
    table.maintenance.expire_snapshots().by_ids(list(known - named)).commit()
    if len(named) > 1:
        logger.warning(
            "%s: snapshots that a tag or branch names may still hold erased rows",
            ".".join(table.name()),
        )


def _list_files(table: IcebergTable, snapshot_id: int) -> set[str]:
    return set(table.inspect.data_files(snapshot_id)["file_path"].to_pylist())
