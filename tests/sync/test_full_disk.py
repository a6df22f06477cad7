"""A full disk ends a sync in one clear line; yesterday stays readable, the next one succeeds."""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sync_account import SyncedAccount, main_rows, served_account

from aegis_etl.errors import SyncStoppedError
from aegis_etl.sandbox import World
from aegis_etl.sync.disk import estimate_room

SCRIPT = Path(__file__).with_name("full_disk_sync.py")
ENTER_NAMESPACE = ["unshare", "--mount", "--map-root-user"]


@pytest.mark.long
def test_a_disk_that_fills_up_anywhere(tmp_path: Path) -> None:
    """With more room each time, a sync fails with one line until one succeeds; none harms."""
    can_mount = subprocess.run([*ENTER_NAMESPACE, "true"], check=False, capture_output=True)
    if can_mount.returncode:
        pytest.skip("no mount namespaces here")
    ended = subprocess.run(
        [*ENTER_NAMESPACE, sys.executable, SCRIPT, tmp_path],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    outcome = json.loads(ended.stdout)
    assert len(outcome["errors"]) >= 3
    for error in outcome["errors"]:
        assert error.startswith("SyncStoppedError: the disk of ")
        assert "is full" in error
        assert "\n" not in error
    assert outcome["changed"]
    assert outcome["complete"]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Within it no file of this process may grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100, 300_000])
def test_a_file_that_cannot_grow(synced: SyncedAccount, size: int) -> None:
    """Whichever file hits a limit, of raw, lake or warehouse: one line, yesterday, then success."""
    before = main_rows(synced.data_dir)
    for dataset_id in synced.world.dataset_ids():
        synced.world.add_run(dataset_id)
    with largest_file(size), pytest.raises(SyncStoppedError, match="is full") as caught:
        synced.sync()
    assert caught.value.exit_status == 1
    assert "\n" not in str(caught.value)
    assert main_rows(synced.data_dir) == before
    assert list(synced.data_dir.building.rglob("*.duckdb*")) == []
    assert synced.sync().status == "complete"
    assert main_rows(synced.data_dir) != before


def test_a_sync_without_room_does_not_start(
    synced: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Less room than a copy of the warehouse and one more sync take: exit 1 before any request."""
    needed = estimate_room(synced.data_dir, reflatten=False)
    assert needed > synced.data_dir.warehouse.stat().st_size
    synced.asked()
    free = shutil.disk_usage(synced.data_dir.root)._replace(free=needed - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(SyncStoppedError, match="Make room") as caught:
        synced.sync()
    assert caught.value.exit_status == 1
    assert synced.asked() == []
    monkeypatch.undo()
    assert synced.sync().status == "complete"


def test_the_estimate_follows_the_account(tmp_path: Path) -> None:
    """It covers what a night like the last one leaves behind, and falls when little changes."""
    world = World(datasets=20, records=20, metrics=4, runs=2, proprietary=0)
    with served_account(tmp_path / "data", world) as account:
        account.data_dir.root.mkdir()
        assert estimate_room(account.data_dir, reflatten=False) == 0
        account.sync()
        after_all = estimate_room(account.data_dir, reflatten=False)
        before = size_below(account.data_dir.root)
        for dataset_id in world.dataset_ids():
            world.add_run(dataset_id)
        account.sync()
        assert size_below(account.data_dir.root) - before <= 1.5 * after_all
        account.sync()
        warehouse = account.data_dir.warehouse.stat().st_size
        after_nothing = estimate_room(account.data_dir, reflatten=False)
        assert warehouse < after_nothing < 1.2 * warehouse
        assert estimate_room(account.data_dir, reflatten=True) > after_nothing


def size_below(folder: Path) -> int:
    """Bytes of all files below a folder, links not counted."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)
