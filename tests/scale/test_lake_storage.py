"""One storage for both kinds of lake: what holds in a folder holds in a bucket."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake_bucket import Bucket, Line

from aegis_etl.errors import LakeStoreError, SyncStoppedError
from aegis_etl.lake.files import (
    LakePath,
    claim_folder,
    commit_file,
    count_rows,
    create_folder,
    hash_file,
    local_copy,
    measure_folders,
    open_parquet,
    remove_folder,
    size_of,
    unfinished,
    write_file,
    write_new_file,
)
from aegis_etl.lake.manifest import Manifest, commit_manifest, read_manifest
from aegis_etl.lake.objects import ObjectStore
from aegis_etl.lake.paths import TABLE_NAMES, DataDir, open_data_dir
from aegis_etl.lake.raw import RawRow, list_parts, next_part, read_landed, write_part
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.settings import Settings
from aegis_etl.tables.api_tables import TABLES

pytestmark = pytest.mark.scale

SYNC_ID = "20261124T020000Z"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def open_lake(root: Path, lake: dict[str, str]) -> DataDir:
    """A data directory with that lake."""
    return open_data_dir(Settings(_env_file=None, data_dir=root, **lake))


@pytest.fixture(params=["folder", "bucket"])
def data_dir(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> DataDir:
    """A data directory with an empty lake of one kind and the other."""
    lake = {"lake_url": str(tmp_path / "lake")} if request.param == "folder" else bucket.new_lake()
    return open_lake(tmp_path / "data", lake)


@pytest.fixture
def folder(data_dir: DataDir) -> LakePath:
    """The lake's folder of one sync, ready to be written to."""
    create_folder(data_dir.lake_of(SYNC_ID))
    return data_dir.lake_of(SYNC_ID)


def names_in(folder: LakePath) -> set[str]:
    """What lies directly in a folder."""
    return {path.name for path in folder.glob("*")}


def test_a_file_is_read_as_written(folder: LakePath) -> None:
    """Content, size and hash are those of what was written, and of what was written last."""
    path = folder / "audits.json"
    for content in (b"first", b"and another\n" * 1000, b""):
        write_file(path, content)
        assert path.read_bytes() == local_copy(path).read_bytes() == content
        assert size_of(path) == len(content)
        assert hash_file(path) == hashlib.sha256(content).hexdigest()
    assert path.exists()
    assert names_in(folder) == {"audits.json"}


def test_what_is_missing_is_told_as_on_disk(folder: LakePath) -> None:
    """Reading what is not there raises ``FileNotFoundError``; asking for it says no."""
    path = folder / "audits.json"
    assert not path.exists()
    assert names_in(folder / "deeper") == set()
    readers: list[Callable[[], Any]] = [path.read_bytes, lambda: hash_file(path)]
    readers += [lambda: size_of(path), lambda: local_copy(path).read_bytes()]
    readers += [lambda: open_parquet(path)]
    for read in readers:
        with pytest.raises(FileNotFoundError):
            read()


def test_a_file_is_whole_or_not_there(folder: LakePath) -> None:
    """Until it is committed a file has no name that a reader looks for."""
    path = folder / "runs.parquet"
    unfinished(path).write_bytes(b"half")
    assert not path.exists()
    assert not list(folder.glob("*.parquet"))
    unfinished(path).write_bytes(b"whole")
    commit_file(path)
    assert path.read_bytes() == b"whole"
    assert names_in(folder) == {"runs.parquet"}


def test_a_new_file_is_written_once(folder: LakePath) -> None:
    """The second who writes a new file fails, and changes nothing."""
    path = folder / "manifest.json"
    write_new_file(path, b"first")
    with pytest.raises(FileExistsError):
        write_new_file(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_folder_goes_with_all_that_is_in_it(data_dir: DataDir, folder: LakePath) -> None:
    """Its files and their copies are gone; its neighbours, and those named likewise, stay."""
    for name in ("runs.parquet", "audits.json"):
        write_file(folder / name, b"gone")
    neighbour = data_dir.lake_of(f"{SYNC_ID}1")
    create_folder(neighbour)
    write_file(neighbour / "audits.json", b"stays")
    remove_folder(folder)
    remove_folder(folder)
    assert names_in(folder) == set()
    assert not (folder / "audits.json").exists()
    assert measure_folders(data_dir.lake) == {f"sync={SYNC_ID}1": 5}


@pytest.mark.parametrize("pattern", ["*", "*.json", "part-*.parquet", "sync=*/*", "*/m*.json", "x"])
def test_patterns_match_as_on_disk(tmp_path: Path, data_dir: DataDir, pattern: str) -> None:
    """A pattern finds the files that ``Path.glob`` finds."""
    names = ["a.json", "part-00001.parquet", "part-1.json", "sync=1/manifest.json", "sync=1/x"]
    names += ["sync=2/deeper/manifest.json", "other/manifest.json"]
    on_disk = tmp_path / "model"
    for name in names:
        (on_disk / name).parent.mkdir(parents=True, exist_ok=True)
        (on_disk / name).touch()
        create_folder((data_dir.raw / name).parent)
        write_file(data_dir.raw / name, b"")
    expected = {str(p.relative_to(on_disk)) for p in on_disk.glob(pattern) if p.is_file()}
    found = {path for path in data_dir.raw.glob(pattern) if path.is_file()}
    assert {data_dir.name_of(path).removeprefix("raw/") for path in found} == expected


def test_tables_that_are_given_up_leave_nothing(data_dir: DataDir) -> None:
    """An exception while a table is written leaves no file of any table."""
    with suppress(InterruptedError), LakeWriter(data_dir, SYNC_ID) as lake:
        lake.append("runs", TABLES["runs"].arrow_schema.empty_table())
        raise InterruptedError
    assert names_in(data_dir.lake_of(SYNC_ID)) == set()
    with LakeWriter(data_dir, SYNC_ID) as lake:
        lake.commit()
    assert names_in(data_dir.lake_of(SYNC_ID)) == {f"{name}.parquet" for name in TABLE_NAMES}


def test_parts_are_landed_in_order(data_dir: DataDir) -> None:
    """Each part gets the next number, and the newer of two rows of a dataset counts."""
    raw = data_dir.raw_of(SYNC_ID)
    create_folder(raw)
    for second in range(3):
        body = b"%d" % second
        at = NOON + timedelta(seconds=second)
        digest = hashlib.sha256(body).hexdigest()
        write_part(next_part(raw), [RawRow(7, "ok", 200, 1, digest, body, len(body), at, None)])
    assert [part.name for part in list_parts(raw)] == [f"part-0000{n}.parquet" for n in (1, 2, 3)]
    [(part, row)] = read_landed(raw).values()
    assert (part.name, row.fetched_at) == ("part-00003.parquet", NOON + timedelta(seconds=2))


def manifest_of(writer: int) -> Manifest:
    """A manifest that tells who wrote it."""
    return Manifest(
        sync_id=SYNC_ID,
        tool_version=str(writer),
        kind="full",
        base_sync_id=None,
        started_at=NOON,
        finished_at=NOON,
        status="complete",
        types_listed=[],
        listing_whole=True,
        ids_listed=list(range(500)),
        datasets=[],
        errors=[],
        shape=[],
        rows={},
        requests=0,
        retries=0,
        bytes_received=0,
        files={},
    )


def race(contestants: int, attempt: Callable[[int], bool]) -> list[int]:
    """Lets so many attempt something at the same moment; returns those who succeeded."""
    barrier = threading.Barrier(contestants)
    winners: list[int] = []

    def run(number: int) -> None:
        barrier.wait()
        if attempt(number):
            winners.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(contestants)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return winners


@pytest.mark.parametrize("turn", range(5))
def test_of_sixteen_commits_one_wins(tmp_path: Path, bucket: Bucket, turn: int) -> None:
    """Of 16 machines that commit one sync at once, one does; its manifest is what is read."""
    lake = bucket.new_lake()
    machines = [open_lake(tmp_path / str(number), lake) for number in range(16)]
    refusals: list[str] = []

    def commit(number: int) -> bool:
        try:
            commit_manifest(machines[number], manifest_of(number))
        except SyncStoppedError as refusal:
            refusals.append(str(refusal))
            return False
        return True

    [winner] = race(16, commit)
    assert len(refusals) == 15
    assert all("another machine" in refusal and "\n" not in refusal for refusal in refusals)
    read = read_manifest(machines[turn].lake_of(SYNC_ID) / "manifest.json")
    assert read.tool_version == str(winner)


def test_of_sixteen_claims_one_wins(tmp_path: Path, bucket: Bucket) -> None:
    """Of 16 machines that start in the same second, one gets the sync id of that second."""
    lake = bucket.new_lake()
    folders = [open_lake(tmp_path, lake).lake_of(SYNC_ID) for _ in range(16)]
    assert len(race(16, lambda number: claim_folder(folders[number]))) == 1


def test_a_store_that_excludes_nobody_is_refused(
    tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that overwrites where it should create is found out before a sync begins."""
    data_dir = open_lake(tmp_path, bucket.new_lake())
    monkeypatch.setattr(ObjectStore, "put_new", ObjectStore.put)
    with pytest.raises(LakeStoreError, match="If-None-Match"):
        claim_folder(data_dir.lake_of(SYNC_ID))


UPLOAD = """
import sys
from pathlib import Path
from aegis_etl.lake.files import commit_file, unfinished
from aegis_etl.lake.paths import open_data_dir
from aegis_etl.settings import load_settings
path = open_data_dir(load_settings()).lake_of(sys.argv[1]) / "evaluations.parquet"
unfinished(path).write_bytes(bytes(int(sys.argv[2])))
print("written", flush=True)
commit_file(path)
"""


def test_a_reader_asks_for_what_it_reads(tmp_path: Path, bucket: Bucket, line: Line) -> None:
    """A narrow column, a row group and the count of rows take a small part of a file's bytes."""
    data_dir = open_lake(tmp_path, {**bucket.new_lake(), "lake_endpoint_url": line.endpoint})
    path = data_dir.table_of(SYNC_ID, "records")
    texts = [os.urandom(1000).hex() for _ in range(4000)]
    table = pa.table({"id": range(4000), "output": texts})
    pq.write_table(table, unfinished(path), row_group_size=500)
    commit_file(path)
    before = line.received
    with open_parquet(path) as file:
        assert file.read(columns=["id"])["id"].to_pylist() == list(range(4000))
        assert file.read_row_group(3)["output"].to_pylist() == texts[1500:2000]
    assert count_rows(path) == 4000
    assert 0 < line.received - before < size_of(path) / 3


@pytest.mark.parametrize("size", [12_000_000, 200_000_000])
def test_an_interrupted_upload_leaves_nothing(
    tmp_path: Path, bucket: Bucket, line: Line, size: int
) -> None:
    """A process killed in the middle of an upload, in one piece or in many, leaves no object."""
    lake = {**bucket.new_lake(), "lake_endpoint_url": line.endpoint}
    data_dir = open_lake(tmp_path, lake)
    environment = {
        **os.environ,
        "AEGIS_DATA_DIR": str(tmp_path),
        "AEGIS_LAKE_URL": lake["lake_url"],
        "AEGIS_LAKE_ENDPOINT_URL": line.endpoint,
        "AWS_ACCESS_KEY_ID": lake["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": lake["aws_secret_access_key"],
    }
    with subprocess.Popen(
        [sys.executable, "-c", UPLOAD, SYNC_ID, str(size)], env=environment
    ) as process:
        while line.sent < size / 2:
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    assert line.sent < size
    assert list(data_dir.lake.glob("*/*")) == []
    assert not (data_dir.lake_of(SYNC_ID) / "evaluations.parquet").exists()
