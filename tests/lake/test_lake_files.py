"""Lake files, manifests and ids: whole or not there, private, and provably what was written."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aegis_etl.errors import DataDamagedError
from aegis_etl.lake.files import create_folder, private_modes, write_file
from aegis_etl.lake.manifest import (
    DatasetEntry,
    Manifest,
    SyncError,
    decode_manifest,
    encode_manifest,
    read_manifest,
)
from aegis_etl.lake.paths import DataDir
from aegis_etl.lake.sync_ids import choose_sync_id, format_sync_id, parse_sync_id
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.tables.drift import FieldShape

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
seconds = st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


def manifest(**changes: object) -> Manifest:
    """A manifest with a little of everything in it."""
    whole = Manifest(
        sync_id="20261124T120000Z",
        tool_version="1.0",
        kind="full",
        base_sync_id=None,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=9),
        status="partial",
        types_listed=[1],
        listing_whole=True,
        ids_listed=[3, 4],
        datasets=[DatasetEntry(dataset_id=3, status="ok", rows={"runs": 2}, changed=True)],
        errors=[SyncError(dataset_id=4, stage="fetch", error='"sha256": ""\n} 🤖', attempts=6)],
        shape=[FieldShape(table="runs", field="run_source.icon", types={"string": 2})],
        rows={"runs": 2},
        requests=9,
        retries=1,
        bytes_received=123,
        files={"lake/x.parquet": "0" * 64},
    )
    return msgspec.structs.replace(whole, **changes)


def test_a_manifest_is_read_as_written(tmp_path: Path) -> None:
    """Everything of a manifest comes back, its own SHA-256 last in the file."""
    path = tmp_path / "manifest.json"
    write_file(path, encode_manifest(manifest()))
    read = read_manifest(path)
    assert msgspec.structs.replace(read, sha256="") == manifest()
    assert list(msgspec.json.decode(path.read_bytes()))[-1] == "sha256"


@settings(max_examples=60)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_manifest_is_found(place: int, bit: int) -> None:
    """No bit of a manifest can change unnoticed."""
    text = bytearray(encode_manifest(manifest()))
    text[place % len(text)] ^= 1 << bit
    with pytest.raises(DataDamagedError):
        decode_manifest(bytes(text), Path("manifest.json"))


def test_an_older_manifest_can_be_read() -> None:
    """A manifest may lack what later versions add with a default."""
    text = encode_manifest(manifest())
    assert decode_manifest(text, Path("manifest.json")).selection == []


@given(started_at=seconds, age=st.integers(-5, 5))
def test_ids_sort_by_time_and_are_a_second_apart(started_at: datetime, age: int) -> None:
    """An id names its second, sorts as text, and is later than the newest, whatever the clock."""
    newest = format_sync_id(started_at + timedelta(seconds=age))
    chosen = choose_sync_id(started_at, newest)
    assert chosen > newest
    assert parse_sync_id(chosen) == max(started_at, parse_sync_id(newest) + timedelta(seconds=1))
    assert choose_sync_id(started_at, None) == format_sync_id(started_at)


def test_a_file_is_old_or_new_never_half(tmp_path: Path) -> None:
    """A file that cannot be written whole leaves the old one as it was."""
    path = tmp_path / "note.json"
    write_file(path, b"old")
    with pytest.raises(TypeError):
        write_file(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    write_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_folders_and_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """Directories are 0700 and files 0600, under the laxest umask too, which comes back after."""
    before = os.umask(0)
    try:
        with private_modes():
            create_folder(tmp_path / "a" / "b")
            write_file(tmp_path / "a" / "b" / "c", b"")
            (tmp_path / "a" / "d").touch()
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a").rglob("*")}
    assert modes == {"b": 0o700, "c": 0o600, "d": 0o600}


def test_tables_have_no_names_until_they_are_committed(tmp_path: Path) -> None:
    """Leaving without ``commit`` leaves no file; with it, all four appear."""
    data_dir = DataDir(tmp_path)
    with LakeWriter(data_dir, "20261124T120000Z"):
        assert not list(data_dir.lake.rglob("*.parquet"))
    assert not list(data_dir.lake.rglob("*.p*"))
    with LakeWriter(data_dir, "20261124T120000Z") as lake:
        lake.commit()
    assert len(list(data_dir.lake.rglob("*.parquet"))) == 4


def test_a_sync_exists_by_its_manifest(tmp_path: Path) -> None:
    """Ids come from raw and lake; one with neither manifest is unfinished, a blocked one is not."""
    data_dir = DataDir(tmp_path)
    for name in ("raw/sync=1", "raw/sync=2", "lake/sync=2", "lake/sync=3", "lake/other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "lake/sync=2/manifest.json").touch()
    (tmp_path / "lake/sync=3/manifest.blocked.json").touch()
    assert data_dir.sync_ids() == ["1", "2", "3"]
    assert data_dir.whole_sync_ids() == ["2"]
    assert data_dir.unfinished_sync_ids() == ["1"]
    assert data_dir.published_sync_id() is None
