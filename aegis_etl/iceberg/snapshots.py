"""What the snapshots of an Iceberg table say of it, without a look into its files."""

from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot, ancestors_of

SYNC_ID = "aegis-etl.sync-id"
"""The property of a snapshot: the newest sync whose events the table holds."""


def find_newest(table: IcebergTable, *, marker: str) -> str:
    """The newest sync whose events the table holds; empty when it holds none.

    Args:
        marker: the newest sync that readers see: right where the snapshots that knew it expired.
    """
    for snapshot in ancestors_of(table.current_snapshot(), table.metadata):
        if sync_id := read_property(snapshot, SYNC_ID):
            return sync_id
    return marker if count_rows(table) else ""


def count_rows(table: IcebergTable) -> int:
    """How many rows the table has."""
    snapshot = table.current_snapshot()
    return int(read_property(snapshot, "total-records") or 0) if snapshot else 0


def read_property(snapshot: Snapshot, name: str) -> str | None:
    """A property of a snapshot's summary; None when it has none."""
    return snapshot.summary.get(name) if snapshot.summary else None
