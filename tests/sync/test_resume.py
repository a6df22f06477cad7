"""A killed sync costs the requests in flight and the last seconds: the next one continues it."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from killed_sync import SyncProcess
from sync_account import SyncedAccount, history_rows, main_rows, served_account

from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.raw import list_parts, read_landed
from aegis_etl.sandbox import Faults, World
from aegis_etl.sync.note import find_resumable

DATASETS = 30
LISTING_REQUESTS = 4
PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """A world and a data directory whose first sync was killed after a part had landed.

    The last ten datasets are never answered, so that it cannot have come further.
    """
    root = tmp_path_factory.mktemp("killed") / "data"
    world = World(datasets=DATASETS, records=2, metrics=2, runs=1, proprietary=0)
    with served_account(root, world) as account:
        hanging = dict.fromkeys(world.dataset_ids()[-10:], "slow")
        account.sandbox.faults = Faults(always=hanging, delay=3600)
        process = SyncProcess(account, AEGIS_MAX_CONCURRENCY="1", AEGIS_TIMEOUT_SECONDS="3600")
        process.wait_for("fetch")
        wait_until(lambda: list(account.data_dir.raw.glob("*/part-*.parquet")))
        process.kill()
    return world, root


@pytest.fixture
def killed(killed_once: tuple[World, Path], tmp_path: Path) -> Iterator[SyncedAccount]:
    """The account with the killed sync."""
    world, root = killed_once
    shutil.copytree(root, tmp_path / "data")
    with served_account(tmp_path / "data", world) as account:
        yield account


def landed_ids(account: SyncedAccount) -> set[int]:
    """The datasets that the killed sync landed."""
    [sync_id] = account.data_dir.sync_ids()
    return set(read_landed(account.data_dir.raw_of(sync_id)))


def wait_until(reached: Callable[[], object]) -> None:
    """Waits until a function's answer is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def asked_ids(account: SyncedAccount) -> set[int]:
    """The datasets asked for since the last call."""
    return {int(name) for path in account.asked() if (name := path.rpartition("/")[2]).isdigit()}


def test_a_killed_sync_is_continued(killed: SyncedAccount, tmp_path: Path) -> None:
    """Same sync id, what landed is not asked for again, the listing is, and everything arrives."""
    [sync_id], landed = killed.data_dir.sync_ids(), landed_ids(killed)
    assert 0 < len(landed) < DATASETS
    summary = killed.sync(now=killed.world.now + timedelta(hours=11))
    assert (summary.resumed, summary.sync_id) == (True, sync_id)
    assert "resumed" in summary.describe()[0]
    assert asked_ids(killed) == set(killed.world.dataset_ids()) - landed
    assert (summary.status, summary.datasets_fetched) == ("complete", DATASETS)
    # The requests of both processes count: the listing was read twice.
    assert summary.requests >= DATASETS + 2 * LISTING_REQUESTS
    with served_account(tmp_path / "other", killed.world) as other:
        other.sync()
        assert main_rows(killed.data_dir) == main_rows(other.data_dir)
        assert history_rows(killed.data_dir) == history_rows(other.data_dir)


def test_a_sync_too_old_is_not_continued(killed: SyncedAccount) -> None:
    """Beyond ``AEGIS_RESUME_HOURS`` a new sync begins and asks for everything."""
    [sync_id] = killed.data_dir.sync_ids()
    summary = killed.sync(now=killed.world.now + timedelta(hours=12))
    assert not summary.resumed
    assert summary.sync_id > sync_id
    assert asked_ids(killed) == set(killed.world.dataset_ids())


def test_another_kind_does_not_continue_it(killed: SyncedAccount) -> None:
    """Only a sync of the same kind and selection continues one; what it landed is kept anyway."""
    landed, one = landed_ids(killed), killed.world.dataset_ids()[0]
    summary = killed.sync("selected", dataset_ids=(one,))
    assert not summary.resumed
    assert asked_ids(killed) == {one}
    assert {i for (i,) in killed.rows("select id from main.datasets")} == landed | {one}


def test_the_watch_can_tell_that_a_full_sync_waits(killed: SyncedAccount) -> None:
    """While a killed full sync can be continued, ``find_resumable`` names it; later it does not."""
    [sync_id] = killed.data_dir.sync_ids()
    soon = killed.world.now + timedelta(hours=1)
    found = find_resumable(killed.data_dir, now=soon, resume_hours=12)
    assert found is not None
    assert (found[0], found[1].kind) == (sync_id, "full")
    assert find_resumable(killed.data_dir, now=soon, resume_hours=1) is None


def test_a_damaged_part_is_asked_for_again(killed: SyncedAccount) -> None:
    """A landed part that is not what was written counts as not landed."""
    [sync_id], landed = killed.data_dir.sync_ids(), landed_ids(killed)
    [part, *_] = list_parts(killed.data_dir.raw_of(sync_id))
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 0xFF
    part.write_bytes(content)
    summary = killed.sync()
    assert (summary.status, summary.datasets_fetched) == ("complete", DATASETS)
    assert asked_ids(killed) & landed


def test_another_base_does_not_continue_it(synced: SyncedAccount) -> None:
    """A sync whose base is no longer what is published is not continued."""
    process = SyncProcess(synced, held_before="publish")
    process.wait_for("fold")
    process.kill()
    synced.data_dir.current.unlink()
    synced.data_dir.warehouse.unlink()
    assert not synced.sync().resumed


def test_a_killed_sync_frees_the_lock_at_once(account: SyncedAccount) -> None:
    """The flatten process neither holds the lock nor outlives the process that started it."""
    account.sandbox.faults = Faults(
        always=dict.fromkeys(account.world.dataset_ids()[1:], "slow"), delay=3600
    )
    process = SyncProcess(account)
    wait_until(lambda: flatten_workers(process.process.pid))
    [worker] = flatten_workers(process.process.pid)
    assert account.data_dir.lock not in open_files(worker)
    process.kill()
    with hold_lock(account.data_dir):
        wait_until(lambda: not is_running(worker))


def flatten_workers(parent: int) -> list[int]:
    """The flatten processes that a process has started."""
    found = []
    for child in psutil.Process(parent).children():
        with suppress(psutil.NoSuchProcess):
            if any("flatten_worker" in word for word in child.cmdline()):
                found.append(child.pid)
    return found


def open_files(pid: int) -> list[Path]:
    """What a process holds open, sparing what it closes meanwhile."""
    held = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            held.append(link.readlink())
    return held


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("hours", [0, 0.5])
def test_resume_hours_may_be_short(killed: SyncedAccount, hours: float) -> None:
    """``AEGIS_RESUME_HOURS=0`` continues nothing, whatever the age."""
    assert killed.sync(resume_hours=hours).resumed is (hours > 0)
