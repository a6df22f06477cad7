"""What is wrong from the start: one clear line, the documented exit status, nothing touched."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sync_account import SyncedAccount, main_rows, served_account

from aegis_etl.api.errors import ApiError, KeyRefused, NotAegis, Unreachable
from aegis_etl.errors import AegisEtlError, SettingsError, SyncStoppedError
from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Faults


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedAccount]:
    """An account with one published sync, for all tests of this module."""
    with served_account(tmp_path_factory.mktemp("published") / "data") as account:
        account.sync()
        yield account


@pytest.fixture
def yesterday(published: SyncedAccount) -> Iterator[SyncedAccount]:
    """The published account; what is published is the same after the test."""
    version, rows = published.data_dir.current.readlink(), main_rows(published.data_dir)
    yield published
    assert published.data_dir.current.readlink() == version
    assert main_rows(published.data_dir) == rows


def assert_one_clear_line(error: AegisEtlError, *names: str) -> None:
    """The message is one line, names what to look at, and shows no key."""
    text = str(error)
    assert "\n" not in text
    assert len(text) < 400
    assert all(name in text for name in names)
    assert "sk_" not in text or "sk_…" in text


def test_no_key(yesterday: SyncedAccount) -> None:
    """Without a key a sync is wrong use: exit 2, and the line names the setting."""
    with pytest.raises(SettingsError) as caught:
        yesterday.sync(api_key=None)
    assert caught.value.exit_status == 2
    assert_one_clear_line(caught.value, "AEGIS_API_KEY")


def test_a_wrong_key(yesterday: SyncedAccount) -> None:
    """A key that the API refuses ends the sync at once, without a retry: exit 1."""
    yesterday.asked()
    with pytest.raises(KeyRefused) as caught:
        yesterday.sync(api_key="sk_wrong")
    assert caught.value.exit_status == 1
    assert len(yesterday.asked()) == 1
    assert_one_clear_line(caught.value, "AEGIS_API_KEY", "401")


def test_a_key_that_dies_in_the_middle(yesterday: SyncedAccount) -> None:
    """A key revoked during the fetch ends the sync: nothing is published, nothing closed."""
    with pytest.raises(KeyRefused):
        yesterday.sync(faults=Faults(always={"/datasets/*": "401"}))


def test_an_account_out_of_credits(yesterday: SyncedAccount) -> None:
    """A 402 ends the sync without retries: exit 1, and the line says why."""
    with pytest.raises(ApiError, match="credits") as caught:
        yesterday.sync(faults=Faults(always={"/datasets/*": "402"}))
    assert_one_clear_line(caught.value, "402")


def test_an_unreachable_host(yesterday: SyncedAccount) -> None:
    """Where nobody listens the sync fails after its tries: exit 1, the line names the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # so that nobody else can listen there
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1"
        with pytest.raises(Unreachable) as caught:
            yesterday.sync(base_url=base_url, max_attempts=2)
    assert caught.value.exit_status == 1
    assert caught.value.attempts == 2
    assert_one_clear_line(caught.value, "AEGIS_BASE_URL")


@pytest.mark.parametrize("kind", ["404", "html", "list", "redirect", "text"])
def test_a_base_url_that_is_no_aegis(yesterday: SyncedAccount, kind: str) -> None:
    """Whatever else answers there, the line says that it is no Aegis API: exit 1."""
    everything = Faults(always={"/datasets": kind, "/datasets/all-partial": kind})
    with pytest.raises(NotAegis) as caught:
        yesterday.sync(faults=everything, max_attempts=2)
    assert caught.value.exit_status == 1
    assert_one_clear_line(caught.value, "AEGIS_BASE_URL")


def test_an_unknown_dataset_type(yesterday: SyncedAccount) -> None:
    """A configured type that the API does not know stops the sync: exit 1, nothing closed."""
    with pytest.raises(SyncStoppedError, match="999") as caught:
        yesterday.sync(dataset_type_ids=(999,))
    assert_one_clear_line(caught.value, "AEGIS_DATASET_TYPE_IDS")


def test_a_data_directory_that_is_a_file(account: SyncedAccount) -> None:
    """A file in the data directory's place is wrong use: exit 2, and the line names it."""
    account.data_dir.root.write_text("somebody's notes")
    with pytest.raises(SettingsError) as caught:
        account.sync()
    assert caught.value.exit_status == 2
    assert_one_clear_line(caught.value, "AEGIS_DATA_DIR", str(account.data_dir.root))
    assert account.data_dir.root.read_text() == "somebody's notes"


SYNC = """
import os, sys
from datetime import datetime, UTC
from aegis_etl.errors import AegisEtlError
from aegis_etl.settings import load_settings
from aegis_etl.sync import SyncRequest, run_sync
if os.geteuid() == 0:  # root may write anywhere
    os.setuid(65534)
try:
    run_sync(load_settings(), SyncRequest(), now=datetime.now(UTC))
except AegisEtlError as error:
    print(error)
    sys.exit(error.exit_status)
"""


def test_a_data_directory_that_cannot_be_written() -> None:
    """A read-only data directory: exit 1, one line that names it, no request sent."""
    with TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder)
        root.chmod(0o555)
        with served_account(root) as account:
            environment = {
                **{name: value for name, value in os.environ.items() if name[:6] != "AEGIS_"},
                "AEGIS_API_KEY": account.sandbox.api_key,
                "AEGIS_BASE_URL": account.sandbox.base_url,
                "AEGIS_DATA_DIR": folder,
            }
            ended = subprocess.run(
                [sys.executable, "-c", SYNC],
                env=environment,
                cwd="/",
                check=False,
                capture_output=True,
                text=True,
            )
            assert account.sandbox.log == []
        assert (ended.returncode, ended.stderr) == (1, "")
        assert ended.stdout.count("\n") == 1
        assert folder in ended.stdout
        assert list(DataDir(root).root.iterdir()) == []
