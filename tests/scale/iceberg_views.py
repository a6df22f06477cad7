"""The shipped views, run as they stand, and what they must say: the local warehouse."""

from pathlib import Path

import duckdb

from aegis_etl.tables.warehouse_tables import CURRENT_TABLES, HISTORY_TABLES

VIEWS = Path(__file__).parents[2] / "sql" / "iceberg" / "views"
CURRENT = ("datasets", "records", "runs", "evaluations")
EXPECTED = {
    **{f"{name}_history": f"history.{name}" for name in HISTORY_TABLES},
    **{name: f"main.{name}" for name in CURRENT},
}
"""Each view and the relation of the local warehouse that it must equal; in an order to create."""

COLUMNS = {
    **{f"{name}_history": table.names for name, table in HISTORY_TABLES.items()},
    **{name: CURRENT_TABLES[name].names for name in CURRENT},
}


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates every view where the connection's search path leads first."""
    for name in EXPECTED:
        connection.execute((VIEWS / f"{name}.sql").read_text(encoding="utf-8"))


def find_differences(
    connection: duckdb.DuckDBPyConnection, warehouse: Path, *, schema: str = "memory.main"
) -> dict[str, tuple[int, int]]:
    """Of each view that differs from a warehouse: rows that only one of them has, either way."""
    connection.execute(f"attach '{warehouse.resolve()}' as expected (read_only)")
    differences = {}
    for name, relation in EXPECTED.items():
        columns = ", ".join(COLUMNS[name])
        there = f"select {columns} from {schema}.{name}"
        here = f"select {columns} from expected.{relation}"
        counts = [
            connection.sql(f"select count(*) from ({one} except all {other})").fetchall()[0][0]
            for one, other in ((there, here), (here, there))
        ]
        if any(counts):
            differences[name] = (counts[0], counts[1])
    connection.execute("detach expected")
    return differences
