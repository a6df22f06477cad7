"""``aegis-etl rebuild --spark`` on real executors: equal to ``rebuild``, one of them killed too."""

import os
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from iceberg_account import published_account
from lake_bucket import Bucket, bucket_account
from spark_server import SparkServer, find_java, serve_spark

pytest.importorskip("pyspark", reason="needs the extra spark")

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.paths import DataDir, open_data_dir
from aegis_etl.report.drawing import Drawing
from aegis_etl.settings import Settings, load_settings
from aegis_etl.spark import cluster
from aegis_etl.spark.rebuild import open_rebuild
from aegis_etl.sync.rebuilding import Rebuild, rebuild_published
from aegis_etl.warehouse.verify import verify_data

pytestmark = [
    pytest.mark.scale,
    pytest.mark.skipif(find_java() is None, reason="needs Java 17 or newer"),
]

NIGHTS = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkServer]:
    """Spark, with two executors."""
    with serve_spark(tmp_path_factory.mktemp("spark")) as served:
        yield served


def skip_report(patch: pytest.MonkeyPatch) -> None:
    """Puts a line in the place of the page."""
    patch.setattr(Drawing, "start", lambda _: None)
    patch.setattr("aegis_etl.sync.answers.write_report", lambda *given: given[1].write_text("-"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """An account after nights that brought each kind of change."""
    root = tmp_path_factory.mktemp("account") / "data"
    with pytest.MonkeyPatch.context() as patch, published_account(root) as account:
        skip_report(patch)
        for _ in range(NIGHTS):
            account.live_night()
    return account.data_dir


@pytest.fixture
def unpublished(original: DataDir, tmp_path: Path) -> DataDir:
    """A copy of it whose warehouse is lost."""
    copy = DataDir(shutil.copytree(original.root, tmp_path / "data", symlinks=True))
    shutil.rmtree(copy.versions)
    copy.current.unlink()
    return copy


@pytest.fixture(autouse=True)
def many_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket a dataset, so that each executor gets several; and no page."""
    skip_report(monkeypatch)
    monkeypatch.setattr("aegis_etl.spark.buckets.ROWS_A_BUCKET", 1)


def settings_for(server: SparkServer, data_dir: DataDir, **lake: Any) -> Settings:
    """The settings of a rebuild there."""
    return load_settings(data_dir=data_dir.root, spark_remote=server.remote, **lake)


def rebuild(settings: Settings, *, from_raw: bool = False) -> Rebuild:
    """What the command does."""
    data_dir = open_data_dir(settings)
    with hold_lock(data_dir), open_rebuild(settings, data_dir) as on_spark:
        return rebuild_published(
            data_dir,
            from_raw=from_raw,
            group_read=False,
            fold_past=on_spark.fold_past,
            open_flattener=on_spark.open_flattener,
        )


def assert_equal(one: Path, other: Path) -> None:
    """Two warehouses hold the same rows in every relation, however often each.

    Floating-point sums of marts depend on the order of their rows in the last digits.
    """
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path.resolve()}' as {name} (read_only)")
        relations: dict[str, list[str]] = defaultdict(list)
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where database_name = 'one' and not internal and table_name <> 'score_repeats'"
        ).fetchall():
            is_sum = schema == "marts" and kind == "DOUBLE"
            relations[f"{schema}.{table}"].append(f"round({column}, 10)" if is_sum else column)
        assert len(relations) > 25
        for name, columns in relations.items():
            ours, theirs = (
                f"select {', '.join(columns)} from {w}.{name}" for w in ("one", "other")
            )
            for difference in (f"{ours} except all {theirs}", f"{theirs} except all {ours}"):
                assert connection.execute(difference).fetchall() == [], name


def test_it_equals_the_rebuild_of_one_machine(
    server: SparkServer, original: DataDir, unpublished: DataDir
) -> None:
    """Every relation, marts included, is that of the nights; no task is lost."""
    lost = server.count_lost()
    settings = settings_for(server, unpublished)

    assert rebuild(settings).differences == ["no published warehouse could be read"]
    assert_equal(original.warehouse, unpublished.warehouse)
    assert server.count_lost() == lost


def test_an_executor_killed_in_the_middle(
    server: SparkServer, original: DataDir, unpublished: DataDir
) -> None:
    """Its task is really lost and done again: the result is the same."""
    lost = server.count_lost()
    killer = threading.Thread(target=server.kill_executor, daemon=True)
    killer.start()
    rebuild(settings_for(server, unpublished))
    killer.join(60)

    assert server.count_lost() > lost
    assert_equal(original.warehouse, unpublished.warehouse)
    assert not list(unpublished.root.rglob(".spark/*"))


def drop_one(make: Callable[..., Any]) -> Callable[..., Any]:
    """Makes Spark's workers that do all of their work, and keep one answer."""

    def make_forgetful(tasks: Any) -> Any:
        whole = make(tasks)

        def answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in whole(batches):
                yield batch.slice(0, 0) if batch.column(0)[0].as_py() == 1 else batch

        return answer

    return make_forgetful


def test_a_dropped_bucket_is_noticed(
    server: SparkServer, original: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that names it; what is published stays, and nothing is left over."""
    copy = DataDir(shutil.copytree(original.root, tmp_path / "data", symlinks=True))
    before = {path: path.read_bytes() for path in copy.versions.rglob("*") if path.is_file()}
    monkeypatch.setattr(cluster, "_make_worker", drop_one(cluster._make_worker))

    with pytest.raises(AegisEtlError, match=r"not once: \[1\]"):
        rebuild(settings_for(server, copy))

    assert copy.published_sync_id() == original.published_sync_id()
    assert {p: p.read_bytes() for p in copy.versions.rglob("*") if p.is_file()} == before
    assert not list(copy.root.rglob(".spark/*"))


def test_raw_is_flattened_there(
    server: SparkServer, original: DataDir, unpublished: DataDir
) -> None:
    """A lake table that is gone is made again from raw, the warehouse from it; no task is lost."""
    lost = server.count_lost()
    first, *_ = unpublished.whole_sync_ids()
    unpublished.table_of(first, "evaluations").unlink()  # type: ignore[union-attr]

    rebuilt = rebuild(settings_for(server, unpublished), from_raw=True)

    assert rebuilt.payloads
    assert_equal(original.warehouse, unpublished.warehouse)
    with hold_lock(unpublished):
        assert verify_data(unpublished).damages == []
    assert server.count_lost() == lost


def test_the_lake_in_a_bucket(server: SparkServer, bucket: Bucket, tmp_path: Path) -> None:
    """Executors reach it with credentials of their own; no task is lost, nothing is left over."""
    lost = server.count_lost()
    lake = bucket.new_lake()
    with bucket_account(tmp_path / "data", lake) as account:
        for _ in range(2):
            account.sync()
            account.world.live_night()
        objects = account.objects()

        rebuilt = rebuild(settings_for(server, account.data_dir, **lake), from_raw=True)

        assert rebuilt.differences == []
        assert account.objects() == objects
    assert server.count_lost() == lost


def test_the_command(server: SparkServer, original: DataDir, tmp_path: Path) -> None:
    """It ends with 0 where the result is what is published."""
    root = shutil.copytree(original.root, tmp_path / "data", symlinks=True)
    done = subprocess.run(
        [Path(sys.executable).with_name("aegis-etl"), "rebuild", "--spark"],
        env={**os.environ, "AEGIS_DATA_DIR": str(root), "AEGIS_SPARK_REMOTE": server.remote},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("equal: sync ")
