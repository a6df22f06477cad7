"""The contract of a sync with the lake in a bucket: what it is on disk, killed syncs included."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pytest
from iceberg_server import SECRET
from killed_sync import STAGES, SyncProcess
from lake_bucket import Bucket, BucketAccount, Line, bucket_account
from sync_account import SyncedAccount, history_rows, main_rows, served_account

from aegis_etl.errors import AegisEtlError, LakeStoreError
from aegis_etl.lake.files import open_parquet, write_file
from aegis_etl.lake.lock import hold_lock
from aegis_etl.report.drawing import Draw, Drawing
from aegis_etl.sandbox import Faults, World
from aegis_etl.sync import steps
from aegis_etl.sync.rebuilding import rebuild_published
from aegis_etl.warehouse.erase import erase_dataset
from aegis_etl.warehouse.publish import rollback
from aegis_etl.warehouse.verify import verify_data

pytestmark = pytest.mark.scale


@pytest.fixture(autouse=True)
def plain_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a line in the place of the page, which knows nothing of where the lake lies."""

    def write_line(_: duckdb.DuckDBPyConnection, path: Path, draw: Draw) -> None:  # noqa: ARG001
        path.write_text("a report")

    monkeypatch.setattr(Drawing, "start", lambda _: None)
    monkeypatch.setattr("aegis_etl.sync.answers.write_report", write_line)


@pytest.fixture
def account(tmp_path: Path, bucket: Bucket) -> Iterator[BucketAccount]:
    """Six datasets of the custom type, not yet synced."""
    with bucket_account(tmp_path / "data", bucket.new_lake()) as served:
        yield served


def assert_verified(account: SyncedAccount) -> None:
    """Every file is what was written, no copy is left, and no audit fails."""
    with hold_lock(account.data_dir):
        verified = verify_data(account.data_dir)
    assert verified.damages == []
    assert verified.audits
    assert not list(account.data_dir.root.rglob(".lake"))
    assert {p.name for p in account.data_dir.root.iterdir()}.isdisjoint({"raw", "lake"})


def test_nights_are_those_of_a_lake_on_disk(tmp_path: Path, bucket: Bucket) -> None:
    """Nights of every kind give the warehouse that they give with the lake on disk."""
    world = World(datasets=8, records=3, metrics=2, runs=2, proprietary=0)
    with (
        bucket_account(tmp_path / "bucket", bucket.new_lake(), world) as account,
        served_account(tmp_path / "disk", world) as on_disk,
    ):
        first, second, third, *_ = world.dataset_ids()
        failing = Faults(always={f"/datasets/{second}": "500"})
        nights: list[tuple[str, dict[str, Any]]] = [
            ("full", {}),
            ("full", {"faults": failing, "max_attempts": 2}),
            ("active", {}),
            ("selected", {"dataset_ids": (third,)}),
            ("full", {"reflatten": True}),
        ]
        for kind, asked in nights:
            summaries = [each.sync(kind, **asked) for each in (account, on_disk)]
            assert len({(s.sync_id, s.status, str(s.rows)) for s in summaries}) == 1
            assert main_rows(account.data_dir) == main_rows(on_disk.data_dir)
            assert history_rows(account.data_dir) == history_rows(on_disk.data_dir)
            world.live_night()
            if first in world.dataset_ids():
                world.delete_dataset(first)
        assert account.data_dir.whole_sync_ids() == on_disk.data_dir.whole_sync_ids()
        assert_verified(account)


def test_objects_are_the_files_of_the_contract(account: BucketAccount) -> None:
    """The keys are the contract's paths, and each is what the manifest says that it is."""
    summary = account.sync()
    lake, raw = f"lake/sync={summary.sync_id}", f"raw/sync={summary.sync_id}"
    tables = [f"{lake}/{name}.parquet" for name in ("datasets", "evaluations", "records", "runs")]
    others = [f"{lake}/{name}" for name in ("audits.json", "claim", "manifest.json")]
    assert account.objects() == sorted([*tables, *others, f"{raw}/part-00001.parquet"])
    files = account.manifest(summary.sync_id).files
    assert set(files) == {*tables, others[0], f"{raw}/part-00001.parquet"}
    for name, digest in files.items():
        content = (account.data_dir.lake_root / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_a_watch_without_news_leaves_nothing(account: BucketAccount) -> None:
    """No object, no file and no version stay of a watch that found nothing new."""
    account.sync()
    before = account.objects()
    assert account.sync("active", now=account.world.now + timedelta(hours=1)).status == "unchanged"
    assert account.objects() == before


@pytest.mark.parametrize("stage", STAGES[1:])
def test_kills_lose_nothing(tmp_path: Path, bucket: Bucket, stage: str) -> None:
    """Killed twice in each stage, the warehouse ends equal to one that was never killed."""
    chance = random.Random(stage)
    world = World(datasets=8, records=3, metrics=2, runs=2, proprietary=0)
    with (
        bucket_account(tmp_path / "killed", bucket.new_lake(), world) as account,
        served_account(tmp_path / "spared", world) as spared,
    ):
        for each in (account, spared):
            each.sync()
        for _ in range(2):
            world.live_night()
            yesterday = main_rows(account.data_dir)
            process = SyncProcess(account, **account.variables)
            process.wait_for(stage)
            time.sleep(chance.uniform(0, 0.4))
            if process.kill() not in {"publish", "done"}:
                assert main_rows(account.data_dir) == yesterday
            for each in (account, spared):
                assert each.sync().status == "complete"
            assert main_rows(account.data_dir) == main_rows(spared.data_dir)
        assert history_rows(account.data_dir) == history_rows(spared.data_dir)
        assert account.data_dir.unfinished_sync_ids() == []
        assert_verified(account)


@pytest.fixture
def killed(tmp_path: Path, bucket: Bucket) -> Iterator[BucketAccount]:
    """An account whose first sync was killed after a part had landed."""
    world = World(datasets=30, records=2, metrics=2, runs=1, proprietary=0)
    with bucket_account(tmp_path / "data", bucket.new_lake(), world) as account:
        account.sandbox.latency_ms = 150
        process = SyncProcess(account, AEGIS_MAX_CONCURRENCY="1", **account.variables)
        process.wait_for("fetch")
        while not any(key.startswith("raw/") for key in account.objects()):
            time.sleep(0.01)
        process.kill()
        account.sandbox.latency_ms = 0
        account.asked()
        yield account


def asked_ids(account: SyncedAccount) -> set[int]:
    """The datasets asked for since the last call."""
    return {int(name) for path in account.asked() if (name := path.rpartition("/")[2]).isdigit()}


def landed_ids(account: BucketAccount) -> set[int]:
    """The datasets whose payloads are in raw."""
    ids: set[int] = set()
    for part in account.data_dir.raw.glob("*/*.parquet"):
        with open_parquet(part) as file:
            ids |= set(file.read(columns=["dataset_id"])["dataset_id"].to_pylist())
    return ids


def test_a_killed_sync_is_continued(killed: BucketAccount) -> None:
    """Same sync id, and what landed in the bucket is not asked for again."""
    [sync_id], landed = killed.data_dir.sync_ids(), landed_ids(killed)
    summary = killed.sync()
    assert (summary.resumed, summary.sync_id, summary.status) == (True, sync_id, "complete")
    assert landed
    assert asked_ids(killed) == set(killed.world.dataset_ids()) - landed
    assert_verified(killed)


def test_what_an_abandoned_sync_landed_is_kept(killed: BucketAccount) -> None:
    """A sync of another kind folds what the killed one had landed, before its own."""
    landed, one = landed_ids(killed), killed.world.dataset_ids()[-1]
    assert one not in landed
    killed.sync("selected", dataset_ids=(one,))
    assert {i for (i,) in killed.rows("select id from main.datasets")} == landed | {one}
    assert_verified(killed)


def other_machine(account: BucketAccount, root: Path) -> BucketAccount:
    """The same account and lake, and a data directory of its own."""
    return BucketAccount(account.sandbox, root, **account._settings)


@pytest.mark.parametrize("hours", [1, 25])
def test_another_machine_leaves_a_running_sync_alone(
    killed: BucketAccount, tmp_path: Path, hours: int
) -> None:
    """What it did not begin may still be running; after a day it keeps what that sync landed."""
    [running], before = killed.data_dir.sync_ids(), killed.objects()
    other = other_machine(killed, tmp_path / "other")
    other.sync(now=killed.world.now + timedelta(hours=hours))
    assert set(before) <= set(killed.objects())
    assert (running in other.data_dir.whole_sync_ids()) is (hours > 24)
    assert (running in killed.data_dir.unfinished_sync_ids()) is (hours < 24)
    assert_verified(other)


def test_two_machines_in_the_same_second_make_two_syncs(
    account: BucketAccount, tmp_path: Path
) -> None:
    """Each gets a sync id of its own, and both are whole."""
    account.sandbox.latency_ms = 100
    other = other_machine(account, tmp_path / "other")
    processes = [SyncProcess(each, **each.variables) for each in (account, other)]
    summaries = [process.finish() for process in processes]
    assert len({summary["sync_id"] for summary in summaries}) == 2
    assert len(account.data_dir.whole_sync_ids()) == 2
    for name, digest in (
        pair
        for sync_id in account.data_dir.whole_sync_ids()
        for pair in account.manifest(sync_id).files.items()
    ):
        content = (account.data_dir.lake_root / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_a_new_machine_goes_on_from_the_lake(account: BucketAccount, tmp_path: Path) -> None:
    """With the data directory lost, the next sync folds the whole lake, then its own."""
    on_disk = SyncedAccount(account.sandbox, tmp_path / "disk")
    for _ in range(3):
        for each in (account, on_disk):
            each.sync()
        account.world.live_night()
    shutil.rmtree(account.data_dir.root)
    new = other_machine(account, tmp_path / "new")
    for each in (new, on_disk):
        each.sync()
    assert history_rows(new.data_dir) == history_rows(on_disk.data_dir)
    assert len(new.rows("from meta.syncs")) == 4
    assert_verified(new)


def test_rebuild_gives_what_is_published(account: BucketAccount) -> None:
    """From the lake, and from raw, an equal warehouse comes; also where the published is lost."""
    for _ in range(3):
        account.sync()
        account.world.live_night()
    published = history_rows(account.data_dir)
    for from_raw in (False, True):
        with hold_lock(account.data_dir):
            rebuilt = rebuild_published(account.data_dir, from_raw=from_raw, group_read=False)
        assert rebuilt.differences == []
        assert (rebuilt.payloads or 0) > 0 or not from_raw
    shutil.rmtree(account.data_dir.versions)
    account.data_dir.current.unlink()
    with hold_lock(account.data_dir):
        rebuild_published(account.data_dir, from_raw=False, group_read=False)
    assert history_rows(account.data_dir) == published
    assert_verified(account)


def test_rollback_and_the_next_sync(account: BucketAccount) -> None:
    """The version before is published; the next sync folds the newer sync from the bucket."""
    account.sync()
    before = main_rows(account.data_dir)
    account.world.live_night()
    newer = account.sync().sync_id
    with hold_lock(account.data_dir):
        rollback(account.data_dir)
    assert main_rows(account.data_dir) == before
    account.world.live_night()
    account.sync()
    assert (newer,) in account.rows("select sync_id from meta.syncs")
    assert_verified(account)


def test_erasing_leaves_no_trace(account: BucketAccount) -> None:
    """No object of raw or lake holds a row of an erased dataset, and everything verifies."""
    for _ in range(2):
        account.sync()
        account.world.live_night()
    erased = account.world.dataset_ids()[0]
    with hold_lock(account.data_dir):
        taken = erase_dataset(account.data_dir, erased, now=datetime.now(UTC))
    assert min(taken.rows.values()) > 0
    assert erased not in landed_ids(account)
    for path in account.data_dir.lake.glob("*/*.parquet"):
        with open_parquet(path) as file:
            ids = file.read()["id" if path.stem == "datasets" else "dataset_id"]
        assert not pc.any(pc.equal(ids, erased)).as_py()
    assert_verified(account)


def test_old_payloads_go_but_the_newest_stay(account: BucketAccount) -> None:
    """Pruning keeps the newest payload of each dataset, and manifests that name what is there."""
    for _ in range(3):
        account.sync(raw_retention_days=0)
        account.world.live_night()
    kept = list(account.data_dir.raw.glob("*/*.parquet"))
    assert landed_ids(account) >= set(account.world.dataset_ids(dataset_type_id=1))
    named = {
        name
        for sync_id in account.data_dir.whole_sync_ids()
        for name in account.manifest(sync_id).files
    }
    assert {part.key for part in kept} <= named
    assert_verified(account)


def test_a_flipped_byte_of_any_object_is_found(account: BucketAccount) -> None:
    """``verify`` names each object that is not what was written."""
    account.sync()
    for key in account.objects():
        path = account.data_dir.lake_root / key
        content = path.read_bytes()
        if not content:
            continue
        middle = len(content) // 2
        write_file(path, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        with hold_lock(account.data_dir):
            damages = verify_data(account.data_dir).damages
        assert any(key in damage.what for damage in damages)
        write_file(path, content)
    assert_verified(account)


@pytest.mark.parametrize("step", ["fetch_payloads", "write_lake", "build", "publish"])
def test_a_store_that_goes_away(
    tmp_path: Path, bucket: Bucket, line: Line, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line and exit 1, yesterday's warehouse stays, and the next sync continues."""
    lake = {**bucket.new_lake(), "lake_endpoint_url": line.endpoint}
    with bucket_account(tmp_path / "data", lake) as account:
        account.sync()
        account.world.live_night()
        version, rows = account.data_dir.current.readlink(), main_rows(account.data_dir)
        with monkeypatch.context() as patched:
            patched.setattr(steps, step, cut_before(getattr(steps, step), line))
            with pytest.raises(LakeStoreError) as caught:
                account.sync()
        assert_one_clear_line(caught.value, lake["lake_url"], "AEGIS_LAKE_URL")
        assert account.data_dir.current.readlink() == version
        assert main_rows(account.data_dir) == rows
        line.mend()
        summary = account.sync()
        assert (summary.status, summary.resumed) == ("complete", True)
        assert_verified(account)


def cut_before(step: Callable[..., Any], line: Line) -> Callable[..., Any]:
    """The step, on a line that is cut when it begins."""

    def run(*given: Any) -> Any:
        line.cut()
        return step(*given)

    return run


def assert_one_clear_line(error: AegisEtlError, *names: str) -> None:
    """The message is one line, names what to look at, and tells no secret."""
    text = str(error)
    assert "\n" not in text
    assert len(text) < 400
    assert all(name in text for name in names)
    assert SECRET not in text
    assert error.exit_status == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lake_endpoint_url": "http://127.0.0.1:9"}, "error sending request"),
        ({"aws_secret_access_key": SECRET[::-1]}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "nobody"}, "InvalidAccessKeyId"),
        ({"lake_url": "s3://no-such-bucket/lake"}, "NoSuchBucket"),
    ],
)
def test_a_store_that_refuses(account: BucketAccount, wrong: dict[str, str], said: str) -> None:
    """One line that says why, exit 1, nothing asked of the API, yesterday's warehouse stays."""
    account.sync()
    account.asked()
    rows = main_rows(account.data_dir)
    with pytest.raises(LakeStoreError) as caught:
        account.sync(**wrong)
    assert_one_clear_line(caught.value, said, "AEGIS_LAKE_URL")
    assert SECRET[::-1] not in str(caught.value)
    assert account.asked() == []
    assert main_rows(account.data_dir) == rows


def test_the_command_line(account: BucketAccount, tmp_path: Path) -> None:
    """Every command works with the lake in a bucket; the secret is printed and stored by none."""
    environment = {
        **os.environ,
        **account.variables,
        "AEGIS_API_KEY": account.sandbox.api_key,
        "AEGIS_BASE_URL": account.sandbox.base_url,
        "AEGIS_DATA_DIR": str(account.data_dir.root),
        "DAGSTER_HOME": str(tmp_path / "dagster_home"),
    }
    one = account.world.dataset_ids()[0]
    said = ""
    for command in (
        ["plan"],
        ["sync", "--json"],
        ["status"],
        ["verify"],
        ["rebuild"],
        ["erase", "--dataset", str(one)],
        ["sync", "--active"],
        ["rollback"],
        ["sql", "select count(*) from datasets"],
    ):
        ended = subprocess.run(
            [Path(sys.executable).with_name("aegis-etl"), *command],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        said += ended.stdout + ended.stderr
    assert SECRET not in said
    for folder in (account.data_dir.root, tmp_path / "dagster_home"):
        for path in folder.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes()
