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


def test_old_payloads_go_but_the_newest_stay(synced: SyncedAccount) -> None:
    """After the retention only those payloads of the first night are left that are still true."""
    [first] = synced.data_dir.sync_ids()
    changed = synced.world.dataset_ids()[0]
    others = set(synced.world.dataset_ids()) - {changed}
    bodies = {i: synced.world.body(i) for i in others}
    synced.world.add_run(changed)
    second = synced.sync(now=synced.world.now + timedelta(days=29)).sync_id
    assert stored(synced, first).keys() == others | {changed}
    third = synced.sync(now=synced.world.now + timedelta(days=31)).sync_id
    assert stored(synced, first) == bodies
    assert stored(synced, second).keys() == {changed}
    assert stored(synced, third) == {}
    assert_proven(synced)
    synced.sync(now=synced.world.now + timedelta(days=70))
    assert stored(synced, first) == bodies
    assert stored(synced, second) == {changed: synced.world.body(changed)}
    assert not synced.data_dir.raw_of(third).exists()
    assert_proven(synced)


def test_no_retention_keeps_one_payload_a_dataset(synced: SyncedAccount) -> None:
    """``AEGIS_RAW_RETENTION_DAYS=0`` keeps the newest payload of each dataset and no other."""
    synced.world.live_night()
    synced.sync(raw_retention_days=0)
    kept = [i for sync_id in synced.data_dir.raw_sync_ids() for i in stored(synced, sync_id)]
    known = synced.rows("select dataset_id from meta.dataset_state")
    assert sorted(kept) == sorted(dataset_id for (dataset_id,) in known)
    assert_proven(synced)


def test_a_quarantined_payload_stays_while_it_is_the_newest(synced: SyncedAccount) -> None:
    """Of a dataset that is not whole both stay: the payload that is published, and the bad one."""
    [first] = synced.data_dir.sync_ids()
    bad = synced.world.dataset_ids()[0]
    second = synced.sync(faults=Faults(always={bad: "no-records"})).sync_id
    later = synced.world.now + timedelta(days=40)
    synced.sync(now=later, faults=Faults(always={bad: "500"}), max_attempts=1)
    assert bad in stored(synced, first)
    assert bad in stored(synced, second)
    synced.sync(now=later)
    assert bad in stored(synced, first)
    assert bad not in stored(synced, second)


def test_pruning_may_be_killed_at_any_step(
    synced: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step a kill hits, no kept payload is lost, and doing it again mends the rest."""
    [first] = synced.data_dir.sync_ids()
    [kept, *_] = synced.world.dataset_ids()
    for step in ("write_file", "sync_folder"):
        with monkeypatch.context() as patched:
            patched.setattr(f"aegis_etl.lake.pruning.{step}", _die)
            with pytest.raises(KeyboardInterrupt):
                keep_payloads(synced.data_dir, first, {kept})
        assert kept in stored(synced, first)
    keep_payloads(synced.data_dir, first, {kept})
    assert stored(synced, first) == {kept: synced.world.body(kept)}
    assert_proven(synced)


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_damaged_file_is_left_as_it_is(
    synced: SyncedAccount, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be pruned is logged; the sync is published and complete all the same."""
    [first] = synced.data_dir.sync_ids()
    [part, *_] = synced.data_dir.raw_of(first).glob("*.parquet")
    part.write_bytes(b"no Parquet any more")
    later = synced.world.now + timedelta(days=40)
    assert synced.sync(now=later).status == "complete"
    assert f"raw payloads of sync {first} could not be pruned" in caplog.text
    assert part.read_bytes() == b"no Parquet any more"
