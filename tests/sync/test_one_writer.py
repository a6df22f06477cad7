"""Never two syncs of one data directory at once; whoever is interrupted leaves the way free."""

import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from datetime import timedelta
from types import SimpleNamespace

import psutil
import pytest
from killed_sync import SyncProcess
from sync_account import SyncedAccount

from aegis_etl.errors import AegisEtlError, SyncRunningError
from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.paths import DataDir
from aegis_etl.lake.sync_ids import parse_sync_id
from aegis_etl.sandbox import Faults
from aegis_etl.sync import SyncRequest, start_sync

PATIENCE_SECONDS = 600


def test_a_second_sync_is_refused(account: SyncedAccount) -> None:
    """While a sync runs in another process a second one ends at once, exit 4, without a request."""
    running = SyncProcess(account, held_before="fetch")
    running.wait_for("fetch")
    listed = listing_requests(account)
    with pytest.raises(SyncRunningError) as caught:
        account.sync()
    assert caught.value.exit_status == 4
    assert str(account.data_dir.root) in str(caught.value)
    assert listing_requests(account) == listed
    assert running.finish()["status"] == "complete"


def listing_requests(account: SyncedAccount) -> int:
    """How often the account was listed: what each sync does first."""
    return sum(not served.path[-1].isdigit() for served in account.sandbox.log)


def test_threads_exclude_each_other_too(account: SyncedAccount) -> None:
    """The lock excludes a second sync of the same process, and any thread may free it."""
    with hold_lock(account.data_dir), pytest.raises(SyncRunningError):
        account.sync()
    held = start_sync(account.settings(), SyncRequest(), now=account.world.now)
    held.__enter__()
    ending = threading.Thread(target=held.__exit__, args=(None, None, None))
    ending.start()
    ending.join()
    assert account.sync().status == "complete"


def test_a_sync_that_waits_starts_when_it_got_the_lock(
    account: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start of a sync that waited for another is the moment at which it could begin."""
    held = hold_lock(account.data_dir)
    held.__enter__()
    freeing = threading.Timer(1.2, held.__exit__, args=(None, None, None))

    def wait_for_lock(data_dir: DataDir, *, wait_seconds: float) -> AbstractContextManager[None]:
        freeing.start()
        return hold_lock(data_dir, wait_seconds=wait_seconds)

    monkeypatch.setattr("aegis_etl.sync.opening.hold_lock", wait_for_lock)
    now = account.world.now
    with start_sync(account.settings(), SyncRequest(), now=now, wait_seconds=600) as running:
        assert parse_sync_id(running.sync.sync_id) >= now + timedelta(seconds=1)
    freeing.join()


def test_ids_are_a_second_apart(account: SyncedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that starts within the second of the newest one gets the next second as its id."""
    at_once = SimpleNamespace(monotonic=lambda: 0.0)  # however long the lock takes
    monkeypatch.setattr("aegis_etl.sync.opening.time", at_once)
    ids = [account.sync().sync_id for _ in range(2)]
    seconds = [(parse_sync_id(i) - account.world.now).total_seconds() for i in ids]
    assert seconds == [0, 1]


@pytest.mark.parametrize("stage", ["fetch", "fold"])
def test_ctrl_c_ends_a_sync_cleanly(account: SyncedAccount, stage: str) -> None:
    """An interrupt frees the lock, ends the flatten process, and shows no trace of it."""
    if stage == "fetch":
        account.sandbox.faults = Faults(always={"/datasets/*": "slow"}, delay=3600)
    process = SyncProcess(account, held_before="publish", stderr=subprocess.PIPE)
    process.wait_for(stage)
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(timeout=PATIENCE_SECONDS) != 0
    assert process.process.stderr is not None
    assert "flatten_worker" not in process.process.stderr.read()
    process.close()
    assert account.sync().status == "complete"


def test_a_failing_thread_ends_the_sync(
    account: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that cannot be written ends the sync with that error; nothing hangs or stays."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "part")

    before = children()
    with monkeypatch.context() as patched:
        patched.setattr("aegis_etl.lake.raw.write_part", refuse)
        with pytest.raises(PermissionError):
            account.sync()
    assert children() <= before
    assert account.sync().status == "complete"


def test_a_flatten_process_that_dies_ends_the_sync(
    account: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the flatten process dies the sync says so, and the next one continues."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(AegisEtlError, match="flatten process died") as caught:
        account.sync()
    assert caught.value.exit_status == 1
    monkeypatch.undo()
    assert account.sync().resumed


def children() -> set[int]:
    """The processes that this one has started and not yet ended."""
    return {child.pid for child in psutil.Process().children()}
