"""The tables in Iceberg: events that only ever grow, and the syncs that readers go by."""

from collections.abc import Mapping

import pyarrow as pa

from aegis_etl.tables.columns import Column, Table
from aegis_etl.tables.warehouse_tables import HISTORY_TABLES, META_TABLES

_EVENT = Column(
    "_event",
    "VARCHAR",
    "opened: a version began, and this row is the whole of it; closed: the version with this key"
    " and _valid_from ended, and the other columns are null",
)

_TIMES = (
    Column("_valid_from", "TIMESTAMPTZ", "Start of the sync that first saw the version"),
    Column("_valid_to", "TIMESTAMPTZ", "Start of the sync that saw it changed or gone; null in"
           " opened"),
    Column("_sync_id", "VARCHAR", "The sync that opened or closed the version; to be read once"
           " syncs holds it or a later one"),
)  # fmt: skip

EVENT_TABLES: Mapping[str, Table] = {
    name: Table(
        f"{name}_events",
        f"What each sync opened and closed in history.{name}",
        (*table.key, "_event"),
        (_EVENT, *table.columns[: -len(_TIMES)], *_TIMES),
    )
    for name, table in HISTORY_TABLES.items()
}
"""The event tables by the table of ``history`` that they tell of; datasets are the first."""

SYNCS = META_TABLES["syncs"]
"""``meta.syncs`` of the syncs whose events are all there: a row is appended last."""


def describe_schema(table: Table) -> pa.Schema:
    """The table's Arrow schema, with its columns' descriptions for a catalog to show."""
    return pa.schema(
        [
            pa.field(column.name, column.arrow_type, metadata={"doc": column.description})
            for column in table.columns
        ]
    )
