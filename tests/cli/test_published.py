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


def test_status_names_the_last_sync(aegis_etl_here: Run, data_dir: Path) -> None:
    """``status`` shows the published sync, in words and as JSON."""
    sync_id = data_dir.joinpath("current").readlink().name

    assert sync_id in aegis_etl_here("status").stdout
    found = json.loads(aegis_etl_here("status", "--json").stdout)
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


def test_sql_reads_its_query_from_a_pipe(aegis_etl_here: Run) -> None:
    """Without an argument the query comes from standard input."""
    done = aegis_etl_here("sql", "--json", stdin="select 41 + 1 as answer")

    assert json.loads(done.stdout) == [{"answer": 42}]


def test_csv_is_duckdbs_own(aegis_etl_here: Run, tmp_path: Path) -> None:
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

    assert aegis_etl_here("sql", "--csv", query).stdout == expected.read_text(encoding="utf-8")


def test_two_columns_of_one_name_stay_two(aegis_etl_here: Run) -> None:
    """In JSON the second of two columns ``a`` is ``a_1``: no value is lost."""
    done = aegis_etl_here("sql", "--json", "select 1 as a, 2 as a, 3 as a_1, 4 as b")

    assert list(json.loads(done.stdout)[0].values()) == [1, 2, 3, 4]
    assert json.loads(done.stdout)[0]["a_1"] == 2


@pytest.mark.parametrize(("style", "failing"), [((), 30), (("--csv",), 9000), (("--json",), 9000)])
def test_a_query_that_fails_midway_is_wrong_use(
    aegis_etl_here: Run, style: tuple[str, ...], failing: int
) -> None:
    """A value that cannot be converted ends the query with a line or two, exit 2.

    A table reads no further than it shows, so there the row is one of the first forty.
    """
    query = f"select (case when range = {failing} then 'x' else '1' end)::int from range(10000)"
    done = aegis_etl_here("sql", *style, query)

    assert done.returncode == 2
    assert "Could not convert string 'x'" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_erasing_what_nobody_knows_is_wrong_use(aegis_etl_here: Run, data_dir: Path) -> None:
    """An id that no sync ever saw: exit 2, one line that names it, and no note of an erasure."""
    done = aegis_etl_here("erase", "--dataset", "424242")

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
def test_sql_reaches_nothing_else(aegis_etl_here: Run, query: str) -> None:
    """SQL reads the warehouse and no file, writes nothing, and cannot unlock itself."""
    done = aegis_etl_here("sql", query)

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 3


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--param", "hours=48", "select 1"), "--example"),
        (("--example", "list", "--param", "hours=48"), "--example"),
        (("--example", "list", "select 1"), "exclude each other"),
        (("--example", "worse_last_night", ""), "exclude each other"),
        (("--example", "worse_last_night", "--param", "hours"), "NAME=VALUE, not 'hours'"),
        (("--example", "worse_last_night", "--param", "days=2"), "it has: hours"),
        (("--example", "worse_last_night", "--param", "hours=x"), "'x' is no integer"),
        (("--example", "nothing"), "there are: "),
    ],
)
def test_what_no_question_takes_is_wrong_use(
    aegis_etl_here: Run, arguments: tuple[str, ...], named: str
) -> None:
    """A value without a question, or one that it cannot take: exit 2, one line, no answer."""
    done = aegis_etl_here("sql", *arguments, stdin="select 1")

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert named in done.stderr


def test_a_question_takes_its_values(aegis_etl_here: Run, account: World) -> None:
    """``--param`` reaches the question: one dataset's scores are fewer than all together."""
    asked = ("sql", "--json", "--example", "other_thresholds")
    everything = json.loads(aegis_etl_here(*asked).stdout)
    one = max(account.dataset_ids(dataset_type_id=1))
    of_one = json.loads(aegis_etl_here(*asked, "--param", f"dataset={one}").stdout)

    assert 0 < sum(row["scored"] for row in of_one) < sum(row["scored"] for row in everything)


def test_the_questions_are_listed_as_text_csv_or_json(aegis_etl_here: Run) -> None:
    """``--example list`` obeys ``--csv`` and ``--json``: name, question, parameters of each."""
    listed = aegis_etl_here("sql", "--example", "list").stdout
    records = json.loads(aegis_etl_here("sql", "--example", "list", "--json").stdout)
    rows = csv.DictReader(io.StringIO(aegis_etl_here("sql", "--csv", "--example", "list").stdout))

    assert list(rows) == records
    assert [line.partition(":")[0] for line in listed.splitlines()] == [r["name"] for r in records]
    (worse,) = (r for r in records if r["name"] == "worse_last_night")
    assert worse["question"].startswith("What got clearly worse last night?")
    assert worse["parameters"] == "hours=24"


def test_export_writes_the_current_tables(aegis_etl_here: Run, tmp_path: Path) -> None:
    """``export`` writes a file a table, in the format asked for."""
    done = aegis_etl_here(
        "export", str(tmp_path / "out"), "--format", "csv", "--tables", "datasets,runs"
    )

    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"datasets.csv", "runs.csv"}
