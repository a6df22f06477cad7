"""The events that go to Iceberg, and the shipped views over them, in DuckDB alone."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from iceberg_account import DELETES_ON, published_account
from iceberg_views import COLUMNS, create_views, find_differences

from aegis_etl.iceberg import warehouse_events
from aegis_etl.iceberg.event_tables import EVENT_TABLES, SYNCS
from aegis_etl.iceberg.warehouse_events import count_events, read_events, read_syncs
from aegis_etl.warehouse.connection import open_for_reading

NIGHTS = 5


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The warehouse as it was after each of some nights, oldest first."""
    folder = tmp_path_factory.mktemp("nights")
    with published_account(folder / "data") as account:
        for night in range(NIGHTS):
            account.live_night()
            shutil.copyfile(account.warehouse, folder / f"{night}.duckdb")
    return [folder / f"{night}.duckdb" for night in range(NIGHTS)]


@pytest.fixture
def readers(warehouses: list[Path]) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """A connection to each of them."""
    with ExitStack() as stack:
        yield [stack.enter_context(open_for_reading(path)) for path in warehouses]


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with empty tables as Iceberg has them, and the views."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in (*EVENT_TABLES.values(), SYNCS):
            columns = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
            connection.execute(f"create table {table.name} ({columns})")
        create_views(connection)
        yield connection


def newest(reader: duckdb.DuckDBPyConnection) -> str:
    """The newest sync of a warehouse."""
    return str(read_syncs(reader)["sync_id"].to_pylist()[-1])


def append(published: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Adds rows to a table."""
    published.register("arrived", rows)
    published.execute(f"insert into {table} by name from arrived")
    published.unregister("arrived")


def test_views_over_one_publication_of_all_nights_equal_the_warehouse(
    published: duckdb.DuckDBPyConnection,
    readers: list[duckdb.DuckDBPyConnection],
    warehouses: list[Path],
) -> None:
    """History and current tables, is_latest included, are those of the warehouse."""
    last = readers[-1]
    for name, table in EVENT_TABLES.items():
        for rows in read_events(last, name, after="", until=newest(last)):
            append(published, table.name, rows)
    append(published, SYNCS.name, read_syncs(last))

    assert find_differences(published, warehouses[-1]) == {}
    for name in EVENT_TABLES:
        assert published.table(f"{name}_history").filter("_valid_to is not null").fetchall(), name


def test_views_show_a_night_once_its_sync_is_there_and_not_before(
    published: duckdb.DuckDBPyConnection,
    readers: list[duckdb.DuckDBPyConnection],
    warehouses: list[Path],
) -> None:
    """After each append of each night, readers see the last whole night, and nothing of tonight."""
    before, shown = "", None
    for night in (0, DELETES_ON + 1, NIGHTS - 1):
        reader, warehouse = readers[night], warehouses[night]
        for name, table in EVENT_TABLES.items():
            for rows in read_events(reader, name, after=before, until=newest(reader)):
                append(published, table.name, rows)
            if shown:
                assert find_differences(published, shown) == {}, (newest(reader), name)
        append(published, SYNCS.name, read_syncs(reader).slice(len(published.table("syncs"))))
        before, shown = newest(reader), warehouse
        assert find_differences(published, shown) == {}, newest(reader)


def test_each_view_has_the_columns_of_its_relation(published: duckdb.DuckDBPyConnection) -> None:
    """A column that history gets is in the views too, in its place."""
    for name, columns in COLUMNS.items():
        assert tuple(published.table(name).columns) == columns, name


def test_batches_are_small_and_hold_every_event_once(
    readers: list[duckdb.DuckDBPyConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many small batches are the same events as one large one."""
    last = readers[-1]
    whole = pa.concat_tables(read_events(last, "evaluations", after="", until=newest(last)))
    monkeypatch.setattr(warehouse_events, "BATCH_BYTES", 1)
    monkeypatch.setattr(warehouse_events, "_ROWS_AT_ONCE", 1)

    batches = list(read_events(last, "evaluations", after="", until=newest(last)))

    assert len(batches) > 1 or whole.num_rows < 2048
    assert pa.concat_tables(batches) == whole
    assert count_events(last, "evaluations", until=newest(last)) == whole.num_rows


def test_no_event_is_read_between_two_syncs_that_changed_nothing(
    readers: list[duckdb.DuckDBPyConnection],
) -> None:
    """What a later publication reads begins after the last one's sync."""
    last = readers[-1]
    for name in EVENT_TABLES:
        assert list(read_events(last, name, after=newest(last), until=newest(last))) == []
