"""A watch that finds nothing new leaves no file, no version and no row behind."""

from pathlib import Path

import pytest
from sync_account import SyncedAccount

from aegis_etl.sandbox import Faults
from aegis_etl.warehouse.verify import verify_data


def everything_below(folder: Path) -> dict[str, int]:
    """Each path below a folder, with the time of its last change."""
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["active", "selected"])
def test_nothing_new_leaves_nothing_behind(synced: SyncedAccount, kind: str) -> None:
    """Not one file is new or touched, and the summary says ``unchanged``, exit 0."""
    before = everything_below(synced.data_dir.root)
    ids = tuple(synced.world.dataset_ids()[:2]) if kind == "selected" else ()
    summary = synced.sync(kind, dataset_ids=ids)
    assert (summary.status, summary.exit_status, summary.kind) == ("unchanged", 0, kind)
    after = everything_below(synced.data_dir.root)
    lock = str(synced.data_dir.lock)
    assert {**after, lock: 0} == {**before, lock: 0}
    assert synced.data_dir.sync_ids() == [synced.data_dir.published_sync_id()]
    assert list(synced.data_dir.building.iterdir()) == []


def test_a_new_run_is_published(synced: SyncedAccount) -> None:
    """A watch that finds a new run publishes a version, of kind ``active``."""
    watched = synced.world.dataset_ids()[0]
    run_id = synced.world.add_run(watched)
    summary = synced.sync("active")
    assert (summary.status, summary.datasets_changed) == ("complete", 1)
    assert synced.rows("select kind from meta.syncs order by sync_id") == [("full",), ("active",)]
    assert synced.rows("select is_latest from evaluations where run_id = ? limit 1", run_id) == [
        (True,)
    ]


def test_a_failure_is_published(synced: SyncedAccount) -> None:
    """A watch whose dataset fails is no unchanged one: the error row is published, exit 3."""
    bad = synced.world.dataset_ids()[0]
    synced.world.add_run(bad)
    summary = synced.sync("active", faults=Faults(always={bad: "500"}), max_attempts=1)
    assert summary.exit_status == 3
    assert synced.rows("select dataset_id from meta.sync_errors") == [(bad,)]


def test_a_full_sync_is_always_published(synced: SyncedAccount) -> None:
    """A night on which nothing changed is a night all the same: it has a row and a version."""
    assert synced.sync().status == "complete"
    assert synced.rows("select count(*) from meta.syncs") == [(2,)]


def test_a_night_without_change_publishes_the_marts_files_again(synced: SyncedAccount) -> None:
    """All but dataset_health are the files of the version before, and both versions are whole."""
    before = synced.data_dir.current.resolve()
    synced.sync()
    after = synced.data_dir.current.resolve()
    files = list((after / "marts").iterdir())
    own = {path.stem for path in files if not path.samefile(before / "marts" / path.name)}
    assert before != after
    assert own == {"dataset_health"}
    assert verify_data(synced.data_dir).damages == []
