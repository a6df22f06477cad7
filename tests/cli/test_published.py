"""What looks at a published warehouse, as a user runs it."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from running import Run

from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync


@pytest.fixture(scope="module")
def account() -> World:
    """The account that was synced."""
    return World(datasets=6, records=8, metrics=3, runs=2)


@pytest.fixture(scope="module")
def published(account: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which one sync is published."""
    data_dir = tmp_path_factory.mktemp("published")
    with Sandbox(account) as sandbox:
        settings = Settings(
            _env_file=None, api_key=sandbox.api_key, base_url=sandbox.base_url, data_dir=data_dir
        )
        run_sync(settings, SyncRequest(), now=datetime.now(UTC))
    return data_dir


@pytest.fixture(autouse=True)
def data_dir(published: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Points the commands at it."""
    monkeypatch.setenv("AEGIS_DATA_DIR", str(published))
    return published


def test_status_names_the_last_sync(aegis_etl: Run, data_dir: Path) -> None:
    """``status`` shows the published sync, in words and as JSON."""
    sync_id = data_dir.joinpath("current").readlink().name

    assert sync_id in aegis_etl("status").stdout
    found = json.loads(aegis_etl("status", "--json").stdout)
    assert found["published_sync_id"] == sync_id
    assert found["syncs"][0]["datasets_failed"] == 0


def test_sql_prints_a_table_csv_or_json(aegis_etl: Run, account: World) -> None:
    """One query, three forms; the CSV and JSON hold all rows."""
    ids = sorted(account.dataset_ids(dataset_type_id=1))
    query = "select id, name, created_at from datasets order by id"

    assert str(ids[0]) in aegis_etl("sql", query).stdout
    rows = list(csv.DictReader(io.StringIO(aegis_etl("sql", "--csv", query).stdout)))
    assert [int(row["id"]) for row in rows] == ids
    records = json.loads(aegis_etl("sql", "--json", query).stdout)
    assert [record["id"] for record in records] == ids


def test_sql_reads_its_query_from_a_pipe(aegis_etl: Run) -> None:
    """Without an argument the query comes from standard input."""
    done = aegis_etl("sql", "--json", stdin="select 41 + 1 as answer")

    assert json.loads(done.stdout) == [{"answer": 42}]


def test_csv_is_duckdbs_own(aegis_etl: Run, tmp_path: Path) -> None:
    """Lists, booleans, nulls, empty texts, decimals and times read as DuckDB's writer puts them."""
    query = (
        "select 1 as a, 2 as a, true as yes, [1, 2] as numbers, ['x', 'y, z'] as words,"
        " null as nothing, '' as empty, 'say \"no\"' as quoted, 'a' || chr(10) || 'b' as lines,"
        " 1.50::decimal(38, 18) as cost, timestamptz '2026-11-24 02:00:00.5+00' as at_night,"
        " {'a': [true]}::json as object, 'nan'::double as none, date '2026-11-24' as day"
    )
    expected = tmp_path / "expected.csv"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.sql(query).write_csv(str(expected))

    assert aegis_etl("sql", "--csv", query).stdout == expected.read_text(encoding="utf-8")


def test_two_columns_of_one_name_stay_two(aegis_etl: Run) -> None:
    """In JSON the second of two columns ``a`` is ``a_1``: no value is lost."""
    done = aegis_etl("sql", "--json", "select 1 as a, 2 as a, 3 as a_1, 4 as b")

    assert list(json.loads(done.stdout)[0].values()) == [1, 2, 3, 4]
    assert json.loads(done.stdout)[0]["a_1"] == 2


@pytest.mark.parametrize(("style", "failing"), [((), 30), (("--csv",), 9000), (("--json",), 9000)])
def test_a_query_that_fails_midway_is_wrong_use(
    aegis_etl: Run, style: tuple[str, ...], failing: int
) -> None:
    """A value that cannot be converted ends the query with a line or two, exit 2.

    A table reads no further than it shows, so there the row is one of the first forty.
    """
    query = f"select (case when range = {failing} then 'x' else '1' end)::int from range(10000)"
    done = aegis_etl("sql", *style, query)

    assert done.returncode == 2
    assert "Could not convert string 'x'" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_erasing_what_nobody_knows_is_wrong_use(aegis_etl: Run, data_dir: Path) -> None:
    """An id that no sync ever saw: exit 2, one line that names it, and no note of an erasure."""
    done = aegis_etl("erase", "--dataset", "424242")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no dataset 424242" in done.stderr
    assert not (data_dir / "erased.json").exists()


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('/etc/hostname')",
        "copy (select 1) to 'out.csv'",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
        "create table main.mine as select 1",
    ],
)
def test_sql_reaches_nothing_else(aegis_etl: Run, query: str) -> None:
    """SQL reads the warehouse and no file, writes nothing, and cannot unlock itself."""
    done = aegis_etl("sql", query)

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 3


def test_export_writes_the_current_tables(aegis_etl: Run, tmp_path: Path) -> None:
    """``export`` writes a file a table, in the format asked for."""
    done = aegis_etl(
        "export", str(tmp_path / "out"), "--format", "csv", "--tables", "datasets,runs"
    )

    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"datasets.csv", "runs.csv"}
