"""Iceberg is an extra: off unless a catalog is set, and what is set wrongly is told in a line."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from iceberg_account import published_account

from aegis_etl.errors import SettingsError
from aegis_etl.settings import Settings, load_settings

IMPORTED = """
import json, sys
import aegis_etl.cli.main, aegis_etl.sync
print(json.dumps([name for name in sys.modules if "iceberg" in name]))
"""


@pytest.mark.skipif(find_spec("pyiceberg") is not None, reason="the extra is installed")
def test_without_the_extra_a_sync_says_what_to_install(tmp_path: Path) -> None:
    """It ends before its first request, with nothing written."""
    with (
        published_account(tmp_path / "data", iceberg_uri="sqlite:///catalog.db") as account,
        pytest.raises(SettingsError, match=r"pip install 'aegis_etl\[iceberg\]'") as raised,
    ):
        account.live_night()

    assert "\n" not in str(raised.value)
    assert raised.value.exit_status == 2
    assert not (tmp_path / "data").exists()


def test_a_sync_without_a_catalog_knows_nothing_of_iceberg(tmp_path: Path) -> None:
    """No catalog: no package of it is imported, no note is written, nothing is warned of."""
    with published_account(tmp_path / "data") as account:
        summary = account.live_night(kind="active")
        assert summary.warnings == []
        assert not (tmp_path / "data" / "iceberg.json").exists()
    imported = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    assert json.loads(imported.stdout) == ["aegis_etl.sync.iceberg"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AEGIS_ICEBERG_URI", "http://catalog.example.com"),
        ("AEGIS_ICEBERG_URI", "https://me:hush@catalog.example.com"),
        ("AEGIS_ICEBERG_URI", "nowhere"),
        ("AEGIS_ICEBERG_NAMESPACE", "drop table"),
    ],
)
def test_a_bad_value_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """It names the setting and what is accepted; exit 2."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert str(raised.value).startswith(f"{name}: ")
    assert "\n" not in str(raised.value)
    assert "hush" not in str(raised.value)


def test_the_credential_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a repr nor in a dump."""
    monkeypatch.setenv("AEGIS_ICEBERG_CREDENTIAL", "reader:hush-hush")
    settings = load_settings()

    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.model_dump())
    assert isinstance(settings, Settings)
