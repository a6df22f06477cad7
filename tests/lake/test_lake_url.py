"""``AEGIS_LAKE_URL``: where the lake lies, what is accepted, and what the default costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from aegis_etl.errors import SettingsError, SyncRunningError, SyncStoppedError
from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.objects import ObjectPath
from aegis_etl.lake.paths import DataDir, open_data_dir
from aegis_etl.sandbox import World
from aegis_etl.settings import Settings, load_settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.warehouse.verify import verify_data

SECRET = "wJalrXUtnFEMI-made-up"


def test_the_default_is_below_the_data_directory(tmp_path: Path) -> None:
    """Without the setting, raw and lake are plain paths where they always were."""
    data_dir = open_data_dir(load_settings(data_dir=tmp_path))
    assert data_dir == DataDir(tmp_path)
    assert (data_dir.raw, data_dir.lake) == (tmp_path / "raw", tmp_path / "lake")


def test_the_default_imports_no_object_store() -> None:
    """What a sync imports holds no S3 client, so that the default pays for none."""
    script = "import sys, aegis_etl.sync; print([m for m in sys.modules if 'obstore' in m])"
    imported = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert imported == "[]\n"


def test_a_lake_in_another_folder(
    settings: Settings, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder, too, gets all of raw and lake, and the data directory nothing of them."""
    monkeypatch.chdir(tmp_path)
    elsewhere = settings.model_copy(update={"lake_url": "big/disk"})
    summary = run_sync(elsewhere, SyncRequest(), now=world.now)
    data_dir = open_data_dir(elsewhere)
    assert data_dir.lake_root == tmp_path / "big" / "disk"
    assert {p.name for p in (tmp_path / "big" / "disk").iterdir()} == {"raw", "lake", ".lock"}
    assert {p.name for p in data_dir.root.iterdir()}.isdisjoint({"raw", "lake"})
    assert data_dir.whole_sync_ids() == [summary.sync_id]
    verified = verify_data(data_dir)
    assert (verified.damages, bool(verified.audits)) == ([], True)


def test_a_lake_in_another_folder_has_one_writer(tmp_path: Path) -> None:
    """Two data directories on one lake exclude each other."""
    first, second = (
        open_data_dir(load_settings(data_dir=tmp_path / name, lake_url=str(tmp_path / "lake")))
        for name in ("first", "second")
    )
    with hold_lock(first), pytest.raises(SyncRunningError, match="lake"), hold_lock(second):
        pass
    with hold_lock(second):
        pass


def test_a_lake_that_is_a_file_is_told(tmp_path: Path) -> None:
    """A file in the lake's place is wrong use, and the line names the setting."""
    (tmp_path / "lake").write_text("somebody's notes")
    data_dir = DataDir(tmp_path / "data", tmp_path / "lake")
    with (
        pytest.raises(SettingsError, match=r"^AEGIS_LAKE_URL: .* is no folder"),
        hold_lock(data_dir),
    ):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "gs://bucket/lake",
        "https://bucket.example/lake",
        "file:///lake",
        "s3://",
        "s3:bucket/lake",
        "s3://Bucket/lake",
        "s3://bucket/../lake",
        "s3://bucket//lake",
        "s3://bucket/lake?versionId=1",
        "s3://bucket/my lake",
        f"s3://key:{SECRET}@bucket/lake",
    ],
)
def test_a_bad_url_is_one_line(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """It names the setting and what is accepted, tells no secret that is in it, and exits 2."""
    monkeypatch.setenv("AEGIS_LAKE_URL", url)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.exit_status == 2
    assert str(caught.value).startswith("AEGIS_LAKE_URL: ")
    assert "s3://bucket/prefix, or a folder" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_bad_endpoint_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http reaches loopback only, also where the variable of other tools names the server."""
    with pytest.raises(SettingsError, match="AEGIS_LAKE_ENDPOINT_URL"):
        load_settings(lake_endpoint_url="http://minio.example:9000")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://minio.example:9000")
    settings = load_settings()
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL") as caught:
        _ = settings.lake_endpoint
    assert caught.value.exit_status == 2
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://minio.example")
    assert settings.lake_endpoint == "https://minio.example"
    assert load_settings(lake_endpoint_url="http://[::1]:9").lake_endpoint == "http://[::1]:9"


def test_aws_variables_come_from_the_dotenv_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are settings like the others, and their secrets are shown by no ``repr``."""
    Path(".env").write_text(f"AWS_SECRET_ACCESS_KEY={SECRET}\nAWS_REGION=eu-central-1\n")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    settings = load_settings()
    assert settings.aws_secret_access_key is not None
    assert settings.aws_secret_access_key.get_secret_value() == SECRET
    assert settings.lake_region == "eu-central-1"
    assert SECRET not in f"{settings!r} {settings} {settings.aws_secret_access_key}"


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bucket needs the extra: one line, exit 2. A folder does not."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(SettingsError, match=r"pip install 'aegis_etl\[s3\]'") as caught:
        open_data_dir(load_settings(data_dir=tmp_path, lake_url="s3://bucket/lake"))
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    assert open_data_dir(load_settings(data_dir=tmp_path, lake_url="lake")).lake_root


def test_a_bucket_has_the_paths_of_the_contract(tmp_path: Path) -> None:
    """Below the prefix lie the same names; what is told of a file is its address."""
    pytest.importorskip("obstore", reason="needs the extra s3")
    data_dir = open_data_dir(load_settings(data_dir=tmp_path, lake_url="s3://bucket/team/a/"))
    table = data_dir.table_of("20261124T020000Z", "runs")
    assert isinstance(table, ObjectPath)
    assert str(table) == "s3://bucket/team/a/lake/sync=20261124T020000Z/runs.parquet"
    assert data_dir.name_of(table) == "lake/sync=20261124T020000Z/runs.parquet"
    assert data_dir.lake_root / data_dir.name_of(table) == table


def test_a_lake_that_lacks_the_past_stops_the_sync(
    settings: Settings, world: World, tmp_path: Path
) -> None:
    """Pointed at an empty lake, a sync that has a past stops before it changes anything.

    ``verify`` names the manifest that is missing there.
    """
    run_sync(settings, SyncRequest(kind="active"), now=world.now)
    moved = settings.model_copy(update={"lake_url": str(tmp_path / "empty")})
    version = open_data_dir(moved).current.readlink()
    with pytest.raises(SyncStoppedError, match=r"empty lacks sync .* Copy raw and lake there"):
        run_sync(moved, SyncRequest(), now=world.now)
    assert open_data_dir(moved).current.readlink() == version
    assert open_data_dir(moved).sync_ids() == []
    [damage] = verify_data(open_data_dir(moved)).damages
    assert damage.what.startswith(str(tmp_path / "empty"))
    assert damage.what.endswith(f"sync={version.name}/manifest.json is missing")
