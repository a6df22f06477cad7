"""The driver's side of a rebuild on Spark: hands out buckets, and takes each table in once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from uuid import uuid4

import duckdb

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.files import LakePath, local_copy, open_parquet, remove_folder
from aegis_etl.lake.flattening import Flattened
from aegis_etl.lake.manifest import Manifest
from aegis_etl.lake.paths import TABLE_NAMES, DataDir
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.settings import Settings
from aegis_etl.spark.buckets import plan_buckets
from aegis_etl.spark.cluster import Cluster, open_cluster
from aegis_etl.spark.tasks import (
    FOLDED_TABLES,
    FlatParts,
    FlattenTask,
    FoldTask,
    Workplace,
    Written,
    table_file,
)
from aegis_etl.warehouse.build import note_scope
from aegis_etl.warehouse.fold import fold_manifest
from aegis_etl.warehouse.rebuild import restore_audits

OUTPUT = "building/.spark"
"""Below the lake's root: what tasks write, for as long as the rebuild needs it."""

TASKS_A_CORE = 3
"""When flattening: enough that a slow part does not keep the others waiting."""


@contextmanager
def open_rebuild(settings: Settings, data_dir: DataDir) -> Iterator["SparkRebuild"]:
    """What a rebuild needs to work on a cluster; the files that tasks wrote go when it is left.

    Raises:
        SettingsError: no server is set, or the extra ``spark`` is not installed.
        AegisEtlError: the server cannot be reached.
    """
    remains = data_dir.lake_root / OUTPUT
    workplace = Workplace(
        lake_url=str(data_dir.lake_root),
        output=f"{OUTPUT}/{uuid4().hex}",
        endpoint_url=settings.lake_endpoint,
        region=settings.lake_region,
    )
    with open_cluster(settings) as cluster:
        remove_folder(remains)
        try:
            yield SparkRebuild(cluster, data_dir, workplace)
        finally:
            remove_folder(remains)


class SparkRebuild:
    """Folds and flattens in Spark's tasks; everything else is done here, as in any rebuild."""

    def __init__(self, cluster: Cluster, data_dir: DataDir, workplace: Workplace) -> None:
        self._cluster = cluster
        self._data_dir = data_dir
        self._workplace = workplace
        self._output = data_dir.lake_root / workplace.output

    def fold_past(
        self, connection: duckdb.DuckDBPyConnection, data_dir: DataDir, syncs: Sequence[Manifest]
    ) -> None:
        """A ``FoldPast``: a task a bucket; each table is taken in once, from all buckets' files.

        Raises:
            AegisEtlError: a bucket is missing, or not all of it arrived.
        """
        for manifest in syncs:
            fold_manifest(connection, manifest)
            restore_audits(connection, data_dir, manifest)
            note_scope(connection)
        sync_ids = tuple(manifest.sync_id for manifest in syncs)
        buckets = plan_buckets(syncs, self._cluster.count_cores())
        folded = self._cluster.run(
            [FoldTask(self._workplace, bucket, sync_ids) for bucket in buckets], Written
        )
        for name in FOLDED_TABLES:
            _require_all(name, _insert_rows(connection, name, self._files(folded, name)), folded)
        remove_folder(self._output)

    def open_flattener(self, writer: LakeWriter) -> AbstractContextManager["SparkFlattener"]:
        """An ``OpenFlattener``: one that holds nothing which would have to be let go."""
        return nullcontext(SparkFlattener(self, writer))

    def flatten_parts(
        self, parts: Mapping[LakePath, dict[int, bool | None]], writer: LakeWriter
    ) -> Flattened:
        """Flattens raw parts and appends their rows to the lake's tables.

        Each part is read by one task, so no payload is sent from one machine to another.

        Raises:
            AegisEtlError: a share is missing, or not all of it arrived.
        """
        named = {self._data_dir.name_of(part): asked for part, asked in parts.items()}
        count = min(len(named), TASKS_A_CORE * self._cluster.count_cores())
        shares = [dict(list(named.items())[number::count]) for number in range(count)]
        flat = self._cluster.run(
            [FlattenTask(self._workplace, share) for share in shares], FlatParts
        )
        for name in TABLE_NAMES:
            taken = sum(_append_rows(writer, name, path) for path in self._files(flat, name))
            _require_all(name, taken, flat)
        remove_folder(self._output)
        flattened = Flattened()
        for share in flat:
            flattened.add(share.outcomes, share.shape)
        return flattened

    def _files(self, written: Sequence[Written], name: str) -> list[LakePath]:
        return [table_file(self._output / attempt.folder, name) for attempt in written]


class SparkFlattener:
    """A ``PartFlattener`` that flattens all parts of a sync at its end."""

    def __init__(self, rebuild: SparkRebuild, writer: LakeWriter) -> None:
        self._rebuild = rebuild
        self._writer = writer
        self._parts: dict[LakePath, dict[int, bool | None]] = {}

    def submit(self, part: LakePath, is_shared: Mapping[int, bool | None]) -> None:
        """Notes a part to flatten."""
        self._parts[part] = dict(is_shared)

    def finish(self) -> Flattened:
        """Flattens what was noted, and returns what became of it.

        Raises:
            AegisEtlError: as ``flatten_parts``.
        """
        return self._rebuild.flatten_parts(self._parts, self._writer)


def _insert_rows(
    connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[LakePath]
) -> int:
    inserted = connection.execute(
        f"insert into {name} by name from read_parquet($files)",
        {"files": [str(local_copy(path)) for path in files]},
    )
    return int(inserted.fetchall()[0][0])


def _append_rows(writer: LakeWriter, name: str, path: LakePath) -> int:
    rows = 0
    with open_parquet(path) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            writer.append(name, group)
            rows += group.num_rows
    return rows


def _require_all(name: str, taken: int, written: Sequence[Written]) -> None:
    expected = sum(attempt.rows[name] for attempt in written)
    if taken != expected:
        raise AegisEtlError(
            f"{name}: Spark's tasks wrote {expected} rows, {taken} arrived. Nothing was published"
        )
