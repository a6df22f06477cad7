"""A night that an audit blocks publishes nothing, says where to look, and harms no later night."""

import pytest
from sync_account import SyncedAccount, main_rows

from aegis_etl.errors import SyncStoppedError
from aegis_etl.warehouse.audit import AuditResult

BLOCKING = AuditResult(audit="keys_unique", passed=False, blocks=True, detail="1 offending row")


def sync_blocked(account: SyncedAccount, monkeypatch: pytest.MonkeyPatch) -> str:
    """A sync whose audits find an offending row; returns its id."""
    with monkeypatch.context() as patched:
        patched.setattr("aegis_etl.warehouse.build.run_audits", lambda _: [BLOCKING])
        with pytest.raises(SyncStoppedError, match="keys_unique") as caught:
            account.sync()
    sync_id = account.data_dir.sync_ids()[-1]
    assert caught.value.exit_status == 1
    assert str(account.data_dir.building_of(sync_id)) in str(caught.value)
    return sync_id


def test_a_blocked_night_publishes_nothing(
    synced: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yesterday stays; the night ends as ``manifest.blocked.json`` and keeps what was built."""
    yesterday = main_rows(synced.data_dir)
    synced.world.add_run(synced.world.dataset_ids()[0])
    blocked = sync_blocked(synced, monkeypatch)
    assert main_rows(synced.data_dir) == yesterday
    names = {path.name for path in synced.data_dir.lake_of(blocked).glob("*.json")}
    assert names == {"audits.json", "manifest.blocked.json"}
    assert (synced.data_dir.building_of(blocked) / "warehouse.duckdb").exists()


def test_the_next_night_compares_with_what_is_published(
    synced: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A blocked night is neither continued nor folded; the next one brings its changes."""
    synced.world.add_run(synced.world.dataset_ids()[0])
    blocked = sync_blocked(synced, monkeypatch)
    summary = synced.sync()
    assert (summary.resumed, summary.datasets_changed) == (False, 1)
    assert summary.sync_id > blocked
    assert synced.rows("select count(*) from meta.syncs where sync_id = ?", blocked) == [(0,)]


def test_only_the_newest_blocked_version_is_kept(
    synced: SyncedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Night after blocked night the disk does not fill up with versions for inspection."""
    first, second = (sync_blocked(synced, monkeypatch) for _ in range(2))
    assert synced.data_dir.has_ended(first)
    assert [path.name for path in synced.data_dir.building.iterdir()] == [second]
