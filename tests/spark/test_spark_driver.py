"""The driver's side of a rebuild on Spark, with the tasks run one after the other in its place."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sync_account import served_account

from aegis_etl.errors import AegisEtlError, SettingsError
from aegis_etl.lake.files import open_parquet
from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.paths import DataDir
from aegis_etl.report.drawing import Drawing
from aegis_etl.sandbox import World
from aegis_etl.settings import load_settings
from aegis_etl.spark import tasks
from aegis_etl.spark.buckets import Bucket, plan_buckets
from aegis_etl.spark.cluster import match_answers, open_cluster
from aegis_etl.spark.rebuild import OUTPUT, SparkRebuild
from aegis_etl.spark.tasks import FoldTask, Workplace
from aegis_etl.sync.rebuilding import Rebuild, rebuild_published
from aegis_etl.warehouse.verify import verify_data

Alter = Callable[[int, bytes], list[tuple[int, bytes]]]


class OneProcess:
    """Runs tasks here; answers pass as they pass through Spark, altered where a test says so."""

    def __init__(self, alter: Alter = lambda number, answer: [(number, answer)]) -> None:
        self._alter = alter

    def count_cores(self) -> int:
        """More than one, so that there is more than one bucket."""
        return 3

    def run(self, tasks: Sequence[Any], kind: type[Any]) -> list[Any]:
        """The answers, matched as those of Spark are."""
        answers = [
            answer
            for number, task in enumerate(tasks)
            for answer in self._alter(number, msgspec.json.encode(task.run()))
        ]
        return match_answers(len(tasks), answers, kind)


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with three published nights: an edited record, a deleted dataset."""
    root = tmp_path_factory.mktemp("nights") / "data"
    world = World(datasets=6, records=3, metrics=2, runs=2, proprietary=0)
    with pytest.MonkeyPatch.context() as patch, served_account(root, world) as served:
        patch.setattr(Drawing, "start", lambda _: None)
        patch.setattr(
            "aegis_etl.sync.answers.write_report", lambda _, path, __: path.write_text("-")
        )
        first, second, *_ = world.dataset_ids()
        served.sync()
        world.live_night()
        world.edit_record(first, world.record_ids(first)[0], output="edited")
        served.sync()
        world.live_night()
        world.delete_dataset(second)
        served.sync()
    return root


@pytest.fixture
def data_dir(three_nights: Path, tmp_path: Path) -> DataDir:
    """A copy of it."""
    return DataDir(shutil.copytree(three_nights, tmp_path / "data", symlinks=True))


def rebuild(data_dir: DataDir, cluster: OneProcess, *, from_raw: bool = False) -> Rebuild:
    """Rebuilds in buckets."""
    workplace = Workplace(lake_url=str(data_dir.lake_root), output=f"{OUTPUT}/test")
    here = SparkRebuild(cluster, data_dir, workplace)  # type: ignore[arg-type]
    with hold_lock(data_dir):
        return rebuild_published(
            data_dir,
            from_raw=from_raw,
            group_read=False,
            fold_past=here.fold_past,
            open_flattener=here.open_flattener,
        )


def test_it_equals_what_is_published(data_dir: DataDir) -> None:
    """Flattened and folded in buckets, nothing differs, every file is whole, nothing is left."""
    rebuilt = rebuild(data_dir, OneProcess(), from_raw=True)

    assert rebuilt.differences == []
    assert rebuilt.payloads
    with hold_lock(data_dir):
        assert verify_data(data_dir).damages == []
    assert not list(data_dir.root.rglob(".spark/*/*"))


def drop_second(number: int, answer: bytes) -> list[tuple[int, bytes]]:
    """Loses the answer of one bucket."""
    return [] if number == 1 else [(number, answer)]


def double_second(number: int, answer: bytes) -> list[tuple[int, bytes]]:
    """Brings the answer of one bucket twice."""
    return [(number, answer)] * (2 if number == 1 else 1)


def claim_more(number: int, answer: bytes) -> list[tuple[int, bytes]]:
    """Says that a bucket has a row that is not in its file."""
    written = msgspec.json.decode(answer)
    written["rows"]["history.evaluations"] += 1
    return [(number, msgspec.json.encode(written))]


@pytest.mark.parametrize("alter", [drop_second, double_second, claim_more])
def test_what_is_not_whole_is_not_published(data_dir: DataDir, alter: Alter) -> None:
    """A bucket that is missing or there twice, a row that did not arrive: an error, no switch."""
    published = data_dir.current.readlink()
    files = sorted(data_dir.versions.rglob("*"))

    with pytest.raises(AegisEtlError, match="Nothing was published"):
        rebuild(data_dir, OneProcess(alter))

    assert data_dir.current.readlink() == published
    assert sorted(data_dir.versions.rglob("*")) == files


@pytest.mark.parametrize("statistics", [True, False])
def test_a_bucket_reads_its_own_row_groups(tmp_path: Path, *, statistics: bool) -> None:
    """Its rows, all of them; row groups whose statistics exclude it are skipped."""
    path = tmp_path / "runs.parquet"
    rows = pa.table({"id": [1, 2, 3, 4, 5, 6], "dataset_id": [1, 1, 2, 3, 4, 4]})
    pq.write_table(rows, path, row_group_size=2, write_statistics=statistics)
    bucket = Bucket(2, 3)

    with open_parquet(path) as file:
        read = [tasks._may_hold(file, number, "dataset_id", bucket) for number in range(3)]
    copy = tasks._copy_rows(path, bucket, tmp_path / "copy")

    assert read == ([False, True, False] if statistics else [True, True, True])
    assert pq.read_table(copy)["id"].to_pylist() == [3, 4]


def test_an_executor_with_another_version_refuses(tmp_path: Path) -> None:
    """It would fold by other rules."""
    workplace = Workplace(lake_url=str(tmp_path), output=OUTPUT, tool_version="0.0.1")
    (bucket,) = plan_buckets([], 4)
    with pytest.raises(AegisEtlError, match=r"not 0\.0\.1"):
        FoldTask(workplace, bucket, ()).run()


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="the extra is installed")
def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """One line, exit 2."""
    with (
        pytest.raises(SettingsError, match=r"pip install 'aegis_etl\[spark\]'") as raised,
        open_cluster(load_settings(data_dir=tmp_path, spark_remote="sc://127.0.0.1")),
    ):
        pass

    assert "\n" not in str(raised.value)
    assert raised.value.exit_status == 2


@pytest.mark.parametrize(
    "remote",
    ["127.0.0.1:15002", "http://127.0.0.1", "sc://", "sc://me:hush@h", "sc://h:0", "sc://h:x"],
)
def test_a_bad_address_is_one_line(monkeypatch: pytest.MonkeyPatch, remote: str) -> None:
    """It names the setting and what is accepted, and not the value: a token may be in it."""
    monkeypatch.setenv("AEGIS_SPARK_REMOTE", remote)
    with pytest.raises(SettingsError, match=r"^AEGIS_SPARK_REMOTE: that value is not accepted"):
        load_settings()


def test_the_token_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a repr nor in a dump."""
    monkeypatch.setenv("AEGIS_SPARK_REMOTE", "sc://spark.example.com:443/;token=hush-hush")
    settings = load_settings()
    assert "hush" not in repr(settings) + str(settings.model_dump())


def test_nothing_of_it_is_imported_unless_asked_for(tmp_path: Path) -> None:
    """A rebuild without --spark imports neither the room nor a package of Spark."""
    probe = (
        "import contextlib, sys\n"
        "from aegis_etl.cli.main import cli\n"
        "from aegis_etl.errors import AegisEtlError\n"
        "with contextlib.suppress(AegisEtlError):\n"
        "    cli.main(['rebuild'], standalone_mode=False)\n"
        "assert 'aegis_etl.sync.rebuilding' in sys.modules\n"
        "print([name for name in sys.modules if 'spark' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, "AEGIS_DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
