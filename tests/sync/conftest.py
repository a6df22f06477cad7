"""A small account, served for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_account import SyncedAccount, served_account


@pytest.fixture
def account(tmp_path: Path) -> Iterator[SyncedAccount]:
    """Six datasets of the custom type, not yet synced."""
    with served_account(tmp_path / "data") as served:
        yield served
