"""A small account, served for one test, and its first night, which every worker lives once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from sync_account import SyncedAccount, served_account

from aegis_etl.report.drawing import Draw, Drawing


@pytest.fixture(autouse=True)
def plain_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a line in the place of the page, which takes longer to draw than a small sync lasts.

    The tests of the report hold the page; a sync in a process of its own draws the real one.
    """

    def write_line(_: duckdb.DuckDBPyConnection, path: Path, draw: Draw) -> None:  # noqa: ARG001
        path.write_text("a report")

    monkeypatch.setattr(Drawing, "start", lambda _: None)
    monkeypatch.setattr("aegis_etl.sync.answers.write_report", write_line)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[SyncedAccount]:
    """Six datasets of the custom type, not yet synced."""
    with served_account(tmp_path / "data") as served:
        yield served


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of that account after one sync; to be copied, not written."""
    root = tmp_path_factory.mktemp("first_night") / "data"
    with served_account(root) as served:
        served.sync()
    return root


@pytest.fixture
def synced(account: SyncedAccount, first_night: Path) -> SyncedAccount:
    """The account after its first sync."""
    shutil.copytree(first_night, account.data_dir.root, symlinks=True)
    return account
