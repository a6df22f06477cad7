"""Old raw payloads are pruned, but never the newest of a dataset; what is left can be proven."""

import hashlib
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from sync_account import SyncedAccount

from aegis_etl.lake.pruning import keep_payloads
from aegis_etl.sandbox import Faults


def stored(account: SyncedAccount, sync_id: str) -> dict[int, bytes]:
    """The payloads that raw holds of one sync."""
    parts = sorted(account.data_dir.raw_of(sync_id).glob("*.parquet"))
    if not parts:
        return {}
    question = "select dataset_id, payload from read_parquet(?) where payload is not null"
    return dict(duckdb.execute(question, [[str(part) for part in parts]]).fetchall())


def assert_proven(account: SyncedAccount) -> None:
    """Every file that a manifest names is what it says, and raw holds no other."""
    named: set[Path] = set()
    for sync_id in account.data_dir.whole_sync_ids():
        for name, digest in account.manifest(sync_id).files.items():
            path = account.data_dir.root / name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
            named.add(path)
    assert set(account.data_dir.raw.rglob("*.parquet")) <= named


def test_old_payloads_go_but_the_newest_stay(account: SyncedAccount) -> None:
    """After the retention only those payloads of the first night are left that are still true."""
    first = account.sync().sync_id
    changed = account.world.dataset_ids()[0]
    others = set(account.world.dataset_ids()) - {changed}
    bodies = {i: account.world.body(i) for i in others}
    account.world.add_run(changed)
    second = account.sync(now=account.world.now + timedelta(days=29)).sync_id
    assert stored(account, first).keys() == others | {changed}
    third = account.sync(now=account.world.now + timedelta(days=31)).sync_id
    assert stored(account, first) == bodies
    assert stored(account, second).keys() == {changed}
    assert stored(account, third) == {}
    assert_proven(account)
    account.sync(now=account.world.now + timedelta(days=70))
    assert stored(account, first) == bodies
    assert stored(account, second) == {changed: account.world.body(changed)}
    assert not account.data_dir.raw_of(third).exists()
    assert_proven(account)


def test_no_retention_keeps_one_payload_a_dataset(account: SyncedAccount) -> None:
    """``AEGIS_RAW_RETENTION_DAYS=0`` keeps the newest payload of each dataset and no other."""
    account.sync()
    account.world.live_night()
    account.sync(raw_retention_days=0)
    kept = [i for sync_id in account.data_dir.raw_sync_ids() for i in stored(account, sync_id)]
    known = account.rows("select dataset_id from meta.dataset_state")
    assert sorted(kept) == sorted(dataset_id for (dataset_id,) in known)
    assert_proven(account)


def test_a_quarantined_payload_stays_while_it_is_the_newest(account: SyncedAccount) -> None:
    """Of a dataset that is not whole both stay: the payload that is published, and the bad one."""
    first = account.sync().sync_id
    bad = account.world.dataset_ids()[0]
    second = account.sync(faults=Faults(always={bad: "no-records"})).sync_id
    later = account.world.now + timedelta(days=40)
    account.sync(now=later, faults=Faults(always={bad: "500"}), max_attempts=1)
    assert bad in stored(account, first)
    assert bad in stored(account, second)
    account.sync(now=later)
    assert bad in stored(account, first)
    assert bad not in stored(account, second)


def test_pruning_may_be_killed_at_any_step(
    account: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step a kill hits, no kept payload is lost, and doing it again mends the rest."""
    first = account.sync().sync_id
    [kept, *_] = account.world.dataset_ids()
    for step in ("write_file", "sync_folder"):
        with monkeypatch.context() as patched:
            patched.setattr(f"aegis_etl.lake.pruning.{step}", _die)
            with pytest.raises(KeyboardInterrupt):
                keep_payloads(account.data_dir, first, {kept})
        assert kept in stored(account, first)
    keep_payloads(account.data_dir, first, {kept})
    assert stored(account, first) == {kept: account.world.body(kept)}
    assert_proven(account)


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_damaged_file_is_left_as_it_is(
    account: SyncedAccount, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be pruned is logged; the sync is published and complete all the same."""
    first = account.sync().sync_id
    [part] = account.data_dir.raw_of(first).glob("*.parquet")
    part.write_bytes(b"no Parquet any more")
    later = account.world.now + timedelta(days=40)
    assert account.sync(now=later).status == "complete"
    assert f"raw payloads of sync {first} could not be pruned" in caplog.text
    assert part.read_bytes() == b"no Parquet any more"
