"""The history in Iceberg: complete, once, in step with what is published, whatever happens."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from iceberg_account import PublishedAccount, published_account
from iceberg_views import create_views, find_differences

pytest.importorskip("pyiceberg", reason="needs the extra iceberg")

from aegis_etl.iceberg.catalog import IcebergError, IcebergHistory, open_history
from aegis_etl.iceberg.event_tables import EVENT_TABLES, SYNCS
from aegis_etl.iceberg.snapshots import SYNC_ID
from aegis_etl.iceberg.state import read_state
from aegis_etl.settings import Settings
from aegis_etl.sync.iceberg import update_iceberg
from aegis_etl.warehouse.erase import erase_dataset
from aegis_etl.warehouse.publish import rollback, switch_version, version_ids

pytestmark = pytest.mark.scale

COMMITS = 6
UNREACHABLE = {
    "iceberg_uri": "http://127.0.0.1:9",
    "iceberg_credential": "reader:hush-hush",
    "timeout_seconds": 1,
}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedAccount]:
    """An account of some nights, published to no Iceberg; not to be changed."""
    with published_account(tmp_path_factory.mktemp("nights") / "data") as account:
        for _ in range(5):
            account.live_night()
        yield account


@pytest.fixture
def catalog(tmp_path: Path) -> dict[str, str]:
    """The settings of a catalog with nothing in it, in two files."""
    return {
        "iceberg_uri": f"sqlite:///{tmp_path}/catalog.db",
        "iceberg_warehouse": f"file://{tmp_path}/iceberg",
    }


@pytest.fixture
def account(nights: PublishedAccount, tmp_path: Path, catalog: dict[str, str]) -> PublishedAccount:
    """That account with a data directory of the test's own, and the catalog."""
    shutil.copytree(nights.data_dir.root, tmp_path / "data", symlinks=True)
    return PublishedAccount(nights.sandbox, tmp_path / "data", **catalog)


def read(settings: Settings) -> duckdb.DuckDBPyConnection:
    """What a reader of Iceberg sees: a database with its tables and the shipped views."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    with open_history(settings) as history:
        for table in (*EVENT_TABLES.values(), SYNCS):
            rows = history.catalog.load_table(f"{history.namespace}.{table.name}").scan()
            connection.register("arrived", rows.to_arrow())
            connection.execute(f"create table {table.name} as from arrived")
    create_views(connection)
    return connection


def assert_equal(account: PublishedAccount) -> None:
    """Iceberg says what the published warehouse says."""
    with read(account.settings()) as connection:
        assert find_differences(connection, account.warehouse) == {}


def list_snapshots(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """The summaries of the snapshots of each table, oldest first."""
    with open_history(settings) as history:
        return {
            name: [dict(s.summary.additional_properties) for s in table.snapshots()]
            for name, table in tables_of(history).items()
        }


def tables_of(history: IcebergHistory) -> dict[str, Any]:
    """Every table, the marker last."""
    return {**history.events, "syncs": history.syncs}


def test_night_after_night_is_appended(account: PublishedAccount) -> None:
    """Each version is there once its publication ended, and each append names its sync."""
    kept = version_ids(account.data_dir)
    for version in kept:
        switch_version(account.data_dir, version)

        assert update_iceberg(account.settings(), account.data_dir) == []

        assert_equal(account)
    for name, snapshots in list_snapshots(account.settings()).items():
        synced = [snapshot[SYNC_ID] for snapshot in snapshots]
        assert synced == sorted(set(synced)), name
        assert set(synced) <= set(kept), name
        assert {snapshot.get("deleted-records") for snapshot in snapshots} == {None}, name


def test_a_long_history_is_caught_up_at_once(account: PublishedAccount) -> None:
    """Syncs of before Iceberg was set are published by the next one, in a commit a table."""
    assert update_iceberg(account.settings(), account.data_dir) == []

    assert_equal(account)
    assert {len(s) for s in list_snapshots(account.settings()).values()} == {1}


def test_publishing_again_writes_nothing(account: PublishedAccount) -> None:
    """What is there is not appended twice."""
    update_iceberg(account.settings(), account.data_dir)
    before = list_snapshots(account.settings())

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert list_snapshots(account.settings()) == before


@pytest.mark.parametrize("commits", range(1, COMMITS + 1))
def test_a_kill_after_any_commit_is_unseen_and_mended(
    account: PublishedAccount, catalog: dict[str, str], commits: int
) -> None:
    """Readers see the last whole publication until the next one, which writes no row twice."""
    kept = version_ids(account.data_dir)
    switch_version(account.data_dir, kept[0])
    update_iceberg(account.settings(), account.data_dir)
    shown = account.warehouse.resolve()
    switch_version(account.data_dir, kept[-1])
    settings = json.dumps({**catalog, "data_dir": str(account.data_dir.root)})
    script = Path(__file__).with_name("iceberg_killed.py")

    killed = subprocess.run([sys.executable, script, settings, str(commits)], check=False)

    assert killed.returncode == -9
    with read(account.settings()) as connection:
        last = commits == COMMITS
        assert find_differences(connection, account.warehouse if last else shown) == {}
    assert update_iceberg(account.settings(), account.data_dir) == []
    assert_equal(account)


def test_a_publication_that_fails_fails_no_night(account: PublishedAccount) -> None:
    """The night is published and warns, in the summary and the status; the next one catches up."""
    update_iceberg(account.settings(), account.data_dir)

    summary = account.live_night(**UNREACHABLE)

    assert summary.exit_status == 0
    assert summary.sync_id == account.data_dir.published_sync_id()
    [warning] = [line for line in summary.warnings if line.startswith("iceberg")]
    state = read_state(account.data_dir)
    assert state is not None
    assert (state.sync_id, state.warning) == (summary.sync_id, warning)
    assert "hush" not in warning
    account.live_night()
    assert_equal(account)


def test_a_rolled_back_sync_is_hidden_until_it_is_folded_again(account: PublishedAccount) -> None:
    """Readers go back with what is published, and forward again, and no row is written twice."""
    update_iceberg(account.settings(), account.data_dir)
    before = list_snapshots(account.settings())
    rollback(account.data_dir)

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert_equal(account)
    account.live_night()
    assert_equal(account)
    after = list_snapshots(account.settings())
    for name in EVENT_TABLES:
        assert after[name][: len(before[name])] == before[name], name
        assert len(after[name]) <= len(before[name]) + 1, name


def rows_in_files(folder: Path, dataset_id: int) -> list[Path]:
    """The Parquet files below a folder that hold rows of a dataset."""
    found = []
    for path in folder.rglob("*.parquet"):
        rows = pq.read_table(path)
        key = "dataset_id" if "dataset_id" in rows.column_names else "id"
        if key in rows.column_names and dataset_id in rows[key].to_pylist():
            found.append(path)
    return found


def test_what_is_erased_is_in_no_file(account: PublishedAccount, tmp_path: Path) -> None:
    """Rows, old snapshots and their files go; everything else stays equal."""
    for version in version_ids(account.data_dir):
        switch_version(account.data_dir, version)
        update_iceberg(account.settings(), account.data_dir)
    erased = account.world.dataset_ids(dataset_type_id=1)[-1]
    assert rows_in_files(tmp_path / "iceberg", erased)
    erase_dataset(account.data_dir, erased, now=account.world.now)

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert rows_in_files(tmp_path / "iceberg", erased) == []
    assert_equal(account)
    with open_history(account.settings()) as history:
        for name, table in history.events.items():
            assert len(table.snapshots()) == 1, name


def test_an_erased_dataset_that_the_api_brings_back_keeps_only_what_is_new(
    account: PublishedAccount, tmp_path: Path
) -> None:
    """An erasure that could not reach Iceberg is done before the next sync is appended."""
    update_iceberg(account.settings(), account.data_dir)
    erased = account.world.dataset_ids(dataset_type_id=1)[-1]
    old = {path.name for path in rows_in_files(tmp_path / "iceberg", erased)}
    erase_dataset(account.data_dir, erased, now=account.world.now)
    assert update_iceberg(account.settings(**UNREACHABLE), account.data_dir) != []

    account.live_night(kind="full")

    assert_equal(account)
    assert {path.name for path in rows_in_files(tmp_path / "iceberg", erased)} & old == set()


def test_a_kill_in_the_middle_of_an_erasure_is_mended(
    account: PublishedAccount, catalog: dict[str, str], tmp_path: Path
) -> None:
    """After each commit of an erasure, the next publication finds it and ends it."""
    update_iceberg(account.settings(), account.data_dir)
    erased = account.world.dataset_ids(dataset_type_id=1)[-1]
    erase_dataset(account.data_dir, erased, now=account.world.now)
    settings = json.dumps({**catalog, "data_dir": str(account.data_dir.root)})
    script = Path(__file__).with_name("iceberg_killed.py")

    kills = 0
    while subprocess.run([sys.executable, script, settings, "1"], check=False).returncode == -9:
        kills += 1

    assert kills >= len(EVENT_TABLES)
    assert rows_in_files(tmp_path / "iceberg", erased) == []
    assert_equal(account)


def test_a_history_that_was_made_anew_is_published_anew(account: PublishedAccount) -> None:
    """Whatever Iceberg held of this warehouse is replaced."""
    update_iceberg(account.settings(), account.data_dir)
    with open_history(account.settings()) as history:
        history.events["runs"].delete("_event = 'opened'")

    [warning] = update_iceberg(account.settings(), account.data_dir)

    assert "runs_events has" in warning
    assert update_iceberg(account.settings(), account.data_dir, anew=True) == []
    assert_equal(account)


def test_a_history_made_anew_while_the_catalog_was_away_is_published_later(
    account: PublishedAccount,
) -> None:
    """The next publication drops what Iceberg held before, though nothing could be counted."""
    update_iceberg(account.settings(), account.data_dir)
    with open_history(account.settings()) as history:
        rows = history.events["runs"].scan().to_arrow()
        stale = rows.set_column(
            rows.column_names.index("alias"), "alias", pa.nulls(len(rows), pa.string())
        )
        history.events["runs"].overwrite(stale)
    assert update_iceberg(account.settings(**UNREACHABLE), account.data_dir, anew=True) != []

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert_equal(account)
    before = list_snapshots(account.settings())
    assert update_iceberg(account.settings(), account.data_dir) == []
    assert list_snapshots(account.settings()) == before


def test_a_table_that_was_dropped_is_published_again(account: PublishedAccount) -> None:
    """A missing table is made and filled, the others are left alone."""
    update_iceberg(account.settings(), account.data_dir)
    with open_history(account.settings()) as history:
        history.catalog.drop_table(history.events["runs"].name())

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert_equal(account)


def test_another_warehouse_is_refused(account: PublishedAccount, tmp_path: Path) -> None:
    """Two accounts never mix in one namespace; each has room in one of its own."""
    update_iceberg(account.settings(), account.data_dir)
    before = list_snapshots(account.settings())
    with published_account(tmp_path / "other") as other:
        other.live_night()
        settings = account.settings(data_dir=other.data_dir.root)

        for anew in (False, True):
            [warning] = update_iceberg(settings, other.data_dir, anew=anew)
            assert "AEGIS_ICEBERG_NAMESPACE" in warning

        assert list_snapshots(account.settings()) == before
        apart = account.settings(data_dir=other.data_dir.root, iceberg_namespace="other")
        assert update_iceberg(apart, other.data_dir) == []


def test_a_column_of_a_later_version_is_added(account: PublishedAccount) -> None:
    """Tables that an older version made get the columns that they lack."""
    with (
        open_history(account.settings()) as history,
        history.events["runs"].update_schema() as update,
    ):
        update.delete_column("alias")

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert_equal(account)


def test_expired_snapshots_do_no_harm(account: PublishedAccount) -> None:
    """A table whose snapshots were compacted and expired by others goes on from its marker."""
    kept = version_ids(account.data_dir)
    switch_version(account.data_dir, kept[0])
    update_iceberg(account.settings(), account.data_dir)
    with open_history(account.settings()) as history:
        for table in tables_of(history).values():
            table.overwrite(table.scan().to_arrow())
            old = [s.snapshot_id for s in table.snapshots()][:-1]
            table.maintenance.expire_snapshots().by_ids(old).commit()
    switch_version(account.data_dir, kept[-1])

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert_equal(account)


def test_the_error_of_a_catalog_names_no_credential(account: PublishedAccount) -> None:
    """Neither the secret nor the pair it came in is in what a person reads."""
    settings = account.settings(**UNREACHABLE)
    with pytest.raises(IcebergError) as raised, open_history(settings):
        pass

    assert "hush" not in str(raised.value)
    assert "hush" not in repr(settings)


def run(account: PublishedAccount, *arguments: str, **settings: str) -> tuple[int, str]:
    """Runs ``aegis-etl`` as a user does; exit status and all that it printed."""
    names = {name: field.validation_alias for name, field in Settings.model_fields.items()}
    values = {"data_dir": str(account.data_dir.root), **account.extra, **settings}
    done = subprocess.run(
        [Path(sys.executable).with_name("aegis-etl"), *arguments],
        env={**os.environ, **{str(names[name]): value for name, value in values.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_commands_that_change_the_past_change_it_in_iceberg(account: PublishedAccount) -> None:
    """``rollback`` and ``erase`` keep it in step, or say that they cannot; so does ``status``."""
    update_iceberg(account.settings(), account.data_dir)
    one, other = account.world.dataset_ids(dataset_type_id=1)[-2:]

    assert run(account, "rollback")[0] == 0
    assert_equal(account)
    assert run(account, "erase", "--dataset", str(one))[0] == 0
    assert_equal(account)
    assert "iceberg: holds sync" in run(account, "status")[1]

    status, output = run(
        account, "erase", "--dataset", str(other), iceberg_uri="http://127.0.0.1:9"
    )
    assert status == 1
    assert f"erased dataset {other}" in output
    assert "warning: iceberg: not up to date" in output
    assert "iceberg: not up to date" in run(account, "status")[1]
    assert "not up to date" in json.loads(run(account, "status", "--json")[1])["iceberg"]["warning"]
    update_iceberg(account.settings(), account.data_dir)
    assert_equal(account)
