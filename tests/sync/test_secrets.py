"""Secrets and privacy: the key appears nowhere, and nobody else may read what is stored."""

import logging
import stat
from pathlib import Path

import duckdb
import pytest
from sync_account import SyncedAccount, ask

from aegis_etl.api.client import Client
from aegis_etl.errors import AegisEtlError
from aegis_etl.sandbox import Faults
from aegis_etl.sync.planning import describe_settings

HOSTILE_NAMES = (
    "'; drop table records; --",
    '"; drop schema history cascade; --',
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\u202eevil\u202c 🤖 \x00 name",
    "$(reboot) `reboot` %s {0}",
)


def modes(root: Path) -> dict[str, int]:
    """The mode of everything below a folder but links."""
    return {
        str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode)
        for path in (root, *root.rglob("*"))
        if not path.is_symlink()
    }


def test_the_key_is_nowhere(account: SyncedAccount, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a file, nor a log line, nor an error, nor a ``repr`` holds the key."""
    caplog.set_level(logging.DEBUG)
    key = account.sandbox.api_key
    account.sync()
    account.world.live_night()
    with pytest.raises(AegisEtlError) as caught:
        account.sync(faults=Faults(always={"*": "401"}))
    account.sync(faults=Faults(always={account.world.dataset_ids()[0]: "garbage"}), max_attempts=2)
    files = [path for path in account.data_dir.root.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if key.encode() in path.read_bytes()]
    assert caplog.text
    assert key not in caplog.text
    settings = account.settings()
    shown = [str(caught.value), repr(settings), str(settings), repr(caught.value)]
    with Client(settings) as client:
        shown.append(repr(client))
    assert key not in "".join([*shown, *describe_settings(settings)])


def test_files_are_private(account: SyncedAccount) -> None:
    """Directories are 0700, files 0600, files of a published version 0400."""
    account.sync()
    for name, mode in modes(account.data_dir.root).items():
        path = account.data_dir.root / name
        published = name.startswith("versions/") and path.is_file()
        assert mode == (0o700 if path.is_dir() else 0o400 if published else 0o600), name


def test_a_group_may_read_what_is_published(account: SyncedAccount) -> None:
    """``AEGIS_GROUP_READ``: published files 0440, directories to them 0750, all else private."""
    account.sync(group_read=True)
    for name, mode in modes(account.data_dir.root).items():
        path = account.data_dir.root / name
        if name in {".", "versions"} or name.startswith("versions/"):
            assert mode == (0o750 if path.is_dir() else 0o440), name
        else:
            assert mode == (0o700 if path.is_dir() else 0o600), name


def test_hostile_names_are_names(account: SyncedAccount) -> None:
    """Names that are SQL, HTML or paths load as they are, and nothing else happens."""
    ids = account.world.dataset_ids()
    for dataset_id, name in zip(ids, HOSTILE_NAMES, strict=True):
        account.world.rename_dataset(dataset_id, name)
    account.sync()
    assert dict(ask(account.data_dir, "select id, name from main.datasets")) == dict(
        zip(ids, HOSTILE_NAMES, strict=True)
    )
    assert ask(account.data_dir, "select count(*) > 0 from main.records") == [(True,)]


def test_a_version_is_never_written_again(synced: SyncedAccount) -> None:
    """A published warehouse has no log beside it, and holds what its ``SHA256SUMS`` says."""
    synced.sync()
    for version in synced.data_dir.versions.iterdir():
        assert not list(version.glob("*.wal"))
        with pytest.raises(duckdb.Error):
            duckdb.connect(version / "warehouse.duckdb", read_only=True).execute("drop schema main")
