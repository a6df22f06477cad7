"""Reading what is published: whole tables, past instants, and nothing beyond the warehouse."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from warehouse_nights import Night, Served, started, sync_night

from aegis_etl.errors import AegisEtlError, SettingsError
from aegis_etl.lake.paths import DataDir
from aegis_etl.tables.warehouse_tables import CURRENT_TABLES
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.export import export_tables
from aegis_etl.warehouse.query import read_relation


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """Two nights: a dataset that was renamed."""
    data_dir = DataDir(tmp_path_factory.mktemp("published") / "data")
    for number in range(2):
        name = f'name {number}, "quoted"'
        sync_night(data_dir, Night(number, {1: Served({"id": 1, "name": name})}))
    return data_dir


def test_a_table_reads_in_the_contracts_columns(published: DataDir) -> None:
    """Tables of main have the contract's columns in its order; others are named with schema."""
    for name, table in CURRENT_TABLES.items():
        assert tuple(read_relation(published, name).column_names) == table.names
    assert read_relation(published, "main.datasets").num_rows == 1
    assert read_relation(published, "history.datasets").num_rows == 2


@pytest.mark.parametrize(
    ("instant", "name"),
    [
        (started(0), "name 0"),
        (started(1), "name 1"),
        (datetime(2026, 1, 2, 1, 59, 59, tzinfo=UTC), "name 0"),
        (datetime(2026, 1, 1, 12), "name 0"),  # noqa: DTZ001  a time without zone is UTC
        (datetime(2025, 12, 31, tzinfo=UTC), None),
    ],
)
def test_a_past_instant_reads_as_it_was_known(
    published: DataDir, instant: datetime, name: str | None
) -> None:
    """A version counts from the start of its sync until just before that of the next."""
    names = read_relation(published, "datasets", as_of=instant)["name"].to_pylist()
    assert names == ([f'{name}, "quoted"'] if name else [])


@pytest.mark.parametrize("name", ["nothing", "history.nothing", 'datasets"; drop table x; --'])
def test_an_unknown_table_is_one_clear_line(published: DataDir, name: str) -> None:
    """The error names what there is."""
    with pytest.raises(AegisEtlError, match="dataset_metrics"):
        read_relation(published, name)


def test_only_the_four_tables_have_a_past(published: DataDir) -> None:
    """As-of of anything else is refused."""
    with pytest.raises(AegisEtlError, match="as-of"):
        read_relation(published, "meta.syncs", as_of=started(0))


def test_nothing_published_is_one_clear_line(data_dir: DataDir) -> None:
    """Before the first sync there is nothing to read."""
    with pytest.raises(AegisEtlError, match="aegis-etl sync"):
        read_relation(data_dir, "datasets")


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('{secret}')",
        "from read_csv('{secret}')",
        "from '{secret}'",
        "from glob('{folder}/*')",
        "copy datasets to '{folder}/stolen.csv'",
        "export database '{folder}/stolen'",
        "attach '{folder}/other.duckdb'",
        "install httpfs",
        "load '{secret}'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set allowed_directories = ['{folder}']",
        "insert into history.datasets by name select 9 as id",
        "create table warehouse.main.mine (id int)",
        "from read_parquet('http://127.0.0.1:9/x.parquet')",
    ],
)
def test_sql_reaches_nothing_but_the_warehouse(
    published: DataDir, tmp_path: Path, query: str
) -> None:
    """No file is read or written, no extension loaded, no row changed, and the lock stays."""
    secret = tmp_path / "secret.csv"
    secret.write_text("secret\n1\n")
    with open_for_reading(published.warehouse) as connection, pytest.raises(duckdb.Error):
        connection.execute(query.format(secret=secret, folder=tmp_path)).fetchall()
    left = sorted(path.name for path in tmp_path.iterdir() if path.name != "data")
    assert left == ["secret.csv"]


def test_a_reader_of_ones_own_is_not_in_the_way(published: DataDir) -> None:
    """The tool reads while the same process holds a connection of its own to the same file."""
    with duckdb.connect(str(published.warehouse), read_only=True) as own:
        own.execute("set memory_limit = '100MB'")
        assert read_relation(published, "datasets").num_rows == 1


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_export_writes_every_table(published: DataDir, tmp_path: Path, file_format: str) -> None:
    """Each table of main becomes one file that reads back equal; asked for some, only those."""
    folder = tmp_path / "out"
    written = list(export_tables(published, folder, file_format=file_format))  # type: ignore[arg-type]  a parameter of the test
    assert sorted(path.stem for path in written) == sorted(CURRENT_TABLES)
    assert sorted(folder.iterdir()) == sorted(written)
    back = duckdb.sql(f"select name from '{folder / 'datasets'}.{file_format}'").fetchall()
    assert back == [('name 1, "quoted"',)]
    some = list(export_tables(published, tmp_path / "some", tables=["runs"]))
    assert [path.name for path in some] == ["runs.parquet"]


def test_export_of_an_unknown_table_is_wrong_use(published: DataDir, tmp_path: Path) -> None:
    """The error names what there is, and nothing is written."""
    with pytest.raises(SettingsError, match="datasets"):
        list(export_tables(published, tmp_path / "out", tables=["datasets", "secrets"]))
    assert not (tmp_path / "out").exists()


def test_export_into_a_folder_that_cannot_be_is_one_clear_line(
    published: DataDir, tmp_path: Path
) -> None:
    """A path through a file names the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(AegisEtlError, match="cannot be written"):
        list(export_tables(published, tmp_path / "file" / "out"))
