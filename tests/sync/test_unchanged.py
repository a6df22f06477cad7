"""A watch that finds nothing new leaves no file, no version and no row behind."""

from pathlib import Path

import pytest
from sync_account import SyncedAccount

from aegis_etl.sandbox import Faults


def everything_below(folder: Path) -> dict[str, int]:
    """Each path below a folder, with the time of its last change."""
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["active", "selected"])
def test_nothing_new_leaves_nothing_behind(account: SyncedAccount, kind: str) -> None:
    """Not one file is new or touched, and the summary says ``unchanged``, exit 0."""
    account.sync()
    before = everything_below(account.data_dir.root)
    ids = tuple(account.world.dataset_ids()[:2]) if kind == "selected" else ()
    summary = account.sync(kind, dataset_ids=ids)
    assert (summary.status, summary.exit_status, summary.kind) == ("unchanged", 0, kind)
    after = everything_below(account.data_dir.root)
    lock = str(account.data_dir.lock)
    assert {**after, lock: 0} == {**before, lock: 0}
    assert account.data_dir.sync_ids() == [account.data_dir.published_sync_id()]
    assert list(account.data_dir.building.iterdir()) == []


def test_a_new_run_is_published(account: SyncedAccount) -> None:
    """A watch that finds a new run publishes a version, of kind ``active``."""
    account.sync()
    watched = account.world.dataset_ids()[0]
    run_id = account.world.add_run(watched)
    summary = account.sync("active")
    assert (summary.status, summary.datasets_changed) == ("complete", 1)
    assert account.rows("select kind from meta.syncs order by sync_id") == [("full",), ("active",)]
    assert account.rows("select is_latest from evaluations where run_id = ? limit 1", run_id) == [
        (True,)
    ]


def test_a_failure_is_published(account: SyncedAccount) -> None:
    """A watch whose dataset fails is no unchanged one: the error row is published, exit 3."""
    account.sync()
    bad = account.world.dataset_ids()[0]
    account.world.add_run(bad)
    summary = account.sync("active", faults=Faults(always={bad: "500"}), max_attempts=1)
    assert summary.exit_status == 3
    assert account.rows("select dataset_id from meta.sync_errors") == [(bad,)]


def test_a_full_sync_is_always_published(account: SyncedAccount) -> None:
    """A night on which nothing changed is a night all the same: it has a row and a version."""
    account.sync()
    assert account.sync().status == "complete"
    assert account.rows("select count(*) from meta.syncs") == [(2,)]
