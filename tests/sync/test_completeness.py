"""A sync brings every row that the API served, each field as it was."""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from served_rows import Row, comparable, served_tables
from sync_account import TABLES, SyncedAccount, served_account

from aegis_etl.sandbox import World

OURS = {"is_shared", "is_latest"}


def read_tables(account: SyncedAccount) -> dict[str, list[Row]]:
    """All rows of ``main``, comparable with those served."""
    tables = {}
    with duckdb.connect(account.data_dir.warehouse.resolve(), read_only=True) as connection:
        for name in TABLES:
            result = connection.execute(f"select * from main.{name}")
            columns = [column[0] for column in result.description]
            tables[name] = [
                comparable(dict(zip(columns, row, strict=True))) for row in result.fetchall()
            ]
    return tables


def by_key(rows: list[Row]) -> dict[tuple[Any, Any], Row]:
    """Rows by dataset and id; none may share one."""
    keyed = {(row.get("dataset_id", row["id"]), row["id"]): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def assert_equal_fields(expected: Mapping[Any, Row], found: Mapping[Any, Row]) -> None:
    """Every field served is there with its value, and nothing else but our own columns."""
    assert expected.keys() == found.keys()
    for key, sent in expected.items():
        ours = {name: value for name, value in found[key].items() if name not in OURS}
        assert ours == {name: value for name, value in sent.items() if value is not None}


def check_whole_account(account: SyncedAccount) -> None:
    """Syncs, and compares everything with the bodies served."""
    summary = account.sync()
    ids = account.world.dataset_ids(dataset_type_id=1)
    expected = served_tables(account.world, ids)
    assert summary.status == "complete"
    assert summary.exit_status == 0
    assert summary.datasets_listed == summary.datasets_fetched == len(ids)
    assert summary.rows == {name: len(rows) for name, rows in expected.items()}
    found = read_tables(account)
    for name in TABLES:
        assert_equal_fields(by_key(expected[name]), by_key(found[name]))
    assert_equal_sums(account, expected["evaluations"])
    thresholds = {
        (row["id"], int(metric), float(threshold))
        for row in expected["datasets"]
        for metric, threshold in (row["selected_metrics"] or {}).items()
    }
    assert set(account.rows("select * from main.dataset_metrics")) == thresholds


def assert_equal_sums(account: SyncedAccount, evaluations: list[Row]) -> None:
    """The sums of scores and costs are those of the bodies, to the last digit."""
    scores = sum(Fraction(str(row["result"])) for row in evaluations if row["result"] is not None)
    costs = sum((row["evaluation_cost"] or Decimal(0) for row in evaluations), Decimal(0))
    [(result, cost)] = account.rows(
        "select sum(result::decimal(18, 6)), sum(evaluation_cost) from main.evaluations"
    )
    assert Fraction(result) == scores
    assert cost == costs


def test_every_row_and_field_of_the_account_arrives(tmp_path: Path) -> None:
    """Counts, sums and each field equal the bodies that the API served, in both of its shapes."""
    world = World(datasets=24, records=8, metrics=4, runs=3, proprietary=0)
    assert len({b"author_email" in (world.body(i) or b"") for i in world.dataset_ids()}) == 2
    with served_account(tmp_path / "data", world) as account:
        check_whole_account(account)


def test_a_second_night_brings_what_changed(synced: SyncedAccount) -> None:
    """After a night of edits, runs and deletions, ``main`` equals what the API serves then."""
    synced.world.live_night()
    synced.sync()
    expected = served_tables(synced.world, synced.world.dataset_ids(dataset_type_id=1))
    found = read_tables(synced)
    for name in ("datasets", "records", "runs"):
        assert_equal_fields(by_key(expected[name]), by_key(found[name]))
    latest = by_key([row for row in found["evaluations"] if row["is_latest"]])
    assert_equal_fields(by_key(expected["evaluations"]), latest)


def test_raw_holds_the_bodies_as_received(account: SyncedAccount) -> None:
    """``raw`` keeps each body byte for byte, with its length and SHA-256."""
    summary = account.sync()
    glob = str(account.data_dir.raw_of(summary.sync_id) / "*.parquet")
    rows = duckdb.sql(
        f"select dataset_id, payload, bytes, sha256 = sha256(payload), status from '{glob}'"
    ).fetchall()
    bodies = {i: account.world.body(i) for i in account.world.dataset_ids()}
    assert {i: payload for i, payload, *_ in rows} == bodies
    assert all(
        (size, hashed, status) == (len(body), True, "ok") for _, body, size, hashed, status in rows
    )


def test_an_unchanged_night_stores_nothing_again(synced: SyncedAccount) -> None:
    """A payload that equals the published one is not stored, flattened or folded again."""
    again = synced.sync()
    assert (again.datasets_fetched, again.datasets_changed) == (6, 0)
    assert sum(again.rows.values()) == 0
    glob = str(synced.data_dir.raw_of(again.sync_id) / "*.parquet")
    stored = duckdb.sql(f"select distinct status, payload is null from '{glob}'").fetchall()
    assert stored == [("unchanged", True)]
    [(versions,)] = synced.rows("select count(*) from history.evaluations")
    [(current,)] = synced.rows("select count(*) from main.evaluations")
    assert versions == current


def test_the_manifest_counts_what_was_served(account: SyncedAccount) -> None:
    """Listed ids = fetched + failed, and the requests of the manifest are those that were sent."""
    summary = account.sync()
    manifest = account.manifest(summary.sync_id)
    assert manifest.ids_listed == sorted(account.world.dataset_ids())
    assert [entry.dataset_id for entry in manifest.datasets] == manifest.ids_listed
    assert manifest.requests == len(account.sandbox.log)
    bodies = [account.world.body(i) or b"" for i in account.world.dataset_ids()]
    assert manifest.bytes_received > sum(map(len, bodies))
    evaluations = sum(len(json.loads(body)["evaluations"]) for body in bodies)
    assert manifest.rows["evaluations"] == evaluations


@pytest.mark.long
def test_four_hundred_datasets_arrive_whole(tmp_path: Path) -> None:
    """A sync of 400 datasets with 100 records and 5 metrics brings every row and field."""
    world = World(datasets=400, records=100, metrics=5, runs=3, proprietary=0)
    with served_account(tmp_path / "data", world) as account:
        check_whole_account(account)
