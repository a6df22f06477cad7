"""One bad dataset is one bad dataset: named, its last good rows kept, the others complete."""

import json
from pathlib import Path

import duckdb
import pytest
from sync_account import SyncedAccount, history_rows, main_rows, served_account

from aegis_etl.errors import SyncStoppedError
from aegis_etl.sandbox import Faults, World

# kind of fault -> status, stage and what the error row must say
OUTCOMES = {
    "500": ("failed", "fetch", "500"),
    "404": ("missing", "fetch", "404"),
    "422": ("failed", "fetch", "422"),
    "redirect": ("failed", "fetch", "302"),
    "garbage": ("failed", "fetch", "JSON"),
    "truncated": ("failed", "fetch", "JSON"),
    "cut": ("failed", "fetch", "whole answer"),
    "reset": ("failed", "fetch", "whole answer"),
    "html": ("failed", "fetch", "HTML"),
    "empty": ("failed", "fetch", "nothing"),
    "bomb": ("failed", "fetch", "AEGIS_MAX_PAYLOAD_MB"),
    "list": ("quarantined", "flatten", ""),
    "text": ("quarantined", "flatten", ""),
    "null": ("quarantined", "flatten", ""),
    "no-records": ("quarantined", "flatten", "records"),
    "records-null": ("quarantined", "flatten", "records"),
    "another-id": ("quarantined", "flatten", "id"),
    "wrong-types": ("partial", "flatten", "run_id"),
}
KEPT_BODIES = ("garbage", "truncated", "html", "list", "no-records", "wrong-types")


def break_and_sync(account: SyncedAccount, kinds: dict[int, str]) -> dict[int, str]:
    """Syncs while each of these datasets fails in its way, and checks what must be so always.

    Returns:
        The error of each failed dataset.
    """
    before = history_rows(account.data_dir)
    summary = account.sync(
        faults=Faults(always=dict(kinds), bomb_mb=16),
        max_attempts=2,
        max_failed_fraction=1,
        max_payload_mb=2,
    )
    assert (summary.status, summary.exit_status) == ("partial", 3)
    assert summary.datasets_failed == len(kinds)
    errors = {error.dataset_id: error.error for error in summary.errors}
    assert errors.keys() == kinds.keys()
    rows = account.rows(
        "select dataset_id, stage, error from meta.sync_errors where sync_id = ?", summary.sync_id
    )
    statuses = dict(account.rows("select dataset_id, status from meta.dataset_state"))
    for dataset_id, stage, error in rows:
        status, expected_stage, words = OUTCOMES[kinds[dataset_id]]
        assert (statuses[dataset_id], stage) == (status, expected_stage)
        assert words in error
    assert {statuses[i] for i in statuses.keys() - kinds.keys()} == {"ok"}
    assert_nothing_closed(account, before, kinds)
    return errors


def assert_nothing_closed(
    account: SyncedAccount, before: dict[str, list[str]], kinds: dict[int, str]
) -> None:
    """No version was closed, but for values that a payload of wrong types really changed."""
    closed = {
        table: account.rows(f"select count(*) from history.{table} where _valid_to is not null")
        for table in before
    }
    if "wrong-types" not in kinds.values():
        assert history_rows(account.data_dir) == before
        assert all(count == [(0,)] for count in closed.values())
    for table in ("datasets", "records", "runs", "evaluations"):
        open_rows = account.rows(f"select count(*) from main.{table}")
        ever = account.rows(f"select count(distinct (id)) from history.{table}")
        assert open_rows == ever


def test_each_way_of_failing_is_told_apart(tmp_path: Path) -> None:
    """Each kind of failure gives its status and error row, closes nothing, and harms no other."""
    world = World(datasets=len(OUTCOMES) + 4, records=2, metrics=2, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world) as account:
        account.sync()
        ids = world.dataset_ids()
        kinds = dict(zip(ids, OUTCOMES, strict=False))
        before = main_rows(account.data_dir)
        break_and_sync(account, kinds)
        assert account.sync().status == "complete"
        assert main_rows(account.data_dir) == before
        statuses = {status for (status,) in account.rows("select status from meta.dataset_state")}
        assert statuses == {"ok"}


def test_the_bodies_of_failures_are_kept(tmp_path: Path) -> None:
    """What came instead of a dataset lies in ``raw``, byte for byte, for whoever looks into it."""
    world = World(datasets=len(KEPT_BODIES) + 2, records=2, metrics=2, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world) as account:
        kinds = dict(zip(world.dataset_ids(), KEPT_BODIES, strict=False))
        summary = account.sync(faults=Faults(always=kinds), max_attempts=1, max_failed_fraction=1)
        glob = str(account.data_dir.raw_of(summary.sync_id) / "*.parquet")
        kept = dict(duckdb.sql(f"select dataset_id, payload from '{glob}'").fetchall())
    bodies = {kind: kept[dataset_id] for dataset_id, kind in kinds.items()}
    whole = {kind: world.body(dataset_id) or b"" for dataset_id, kind in kinds.items()}
    assert bodies["garbage"].startswith(b"\x00\xff")
    assert bodies["truncated"] == whole["truncated"][: len(whole["truncated"]) // 2]
    assert bodies["html"].startswith(b"<!DOCTYPE html>")
    assert bodies["list"] == b"[]"
    assert "records" not in json.loads(bodies["no-records"])
    assert json.loads(bodies["wrong-types"])["name"] == 5


def test_a_partial_dataset_is_reported_again_each_night(account: SyncedAccount) -> None:
    """A payload with a row without key counts as failed each night, until it is whole again."""
    bad = account.world.dataset_ids()[0]
    account.sync()
    for _ in range(2):
        summary = account.sync(faults=Faults(always={bad: "wrong-types"}))
        assert (summary.exit_status, summary.datasets_failed) == (3, 1)
        assert [error.dataset_id for error in summary.errors] == [bad]
    assert account.sync().exit_status == 0


def test_too_many_failures_publish_nothing(tmp_path: Path) -> None:
    """More failed datasets than the fraction and more than 3: exit 1; 3 failed are borne."""
    world = World(datasets=20, records=1, metrics=1, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world, max_attempts=1) as account:
        account.sync()
        published = account.data_dir.current.readlink()
        ids = world.dataset_ids()
        with pytest.raises(SyncStoppedError, match="AEGIS_MAX_FAILED_FRACTION") as caught:
            account.sync(faults=Faults(always=dict.fromkeys(ids[:4], "500")))
        assert caught.value.exit_status == 1
        assert account.data_dir.current.readlink() == published
        borne = account.sync(faults=Faults(always=dict.fromkeys(ids[:3], "500")))
        assert (borne.exit_status, borne.datasets_failed) == (3, 3)


def test_none_fetched_publishes_nothing(account: SyncedAccount) -> None:
    """When datasets are listed and none can be fetched, however few, nothing is published."""
    with pytest.raises(SyncStoppedError):
        account.sync(faults=Faults(always={"/datasets/*": "500"}), max_failed_fraction=1)
    assert account.data_dir.published_sync_id() is None


@pytest.mark.long
@pytest.mark.parametrize("kind", OUTCOMES)
def test_each_dataset_in_turn_fails_in_each_way(tmp_path: Path, kind: str) -> None:
    """Whichever dataset fails, and in whichever way, the others are complete."""
    world = World(datasets=5, records=2, metrics=2, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world) as account:
        account.sync()
        for dataset_id in world.dataset_ids():
            break_and_sync(account, {dataset_id: kind})
            account.sync()
