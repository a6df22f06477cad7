"""What runs in Spark's tasks: a bucket folded, or raw parts flattened, into files of its own.

An attempt writes below a name that no other has, so one that Spark gave up on harms nothing, and
answers with that name only when its files are whole.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import duckdb
import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aegis_etl import __version__
from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.files import (
    LakePath,
    commit_file,
    create_folder,
    open_parquet,
    private_modes,
    unfinished,
)
from aegis_etl.lake.flatten_worker import read_payloads
from aegis_etl.lake.manifest import Manifest, read_manifest
from aegis_etl.lake.paths import MANIFEST, TABLE_NAMES, WAREHOUSE, DataDir, open_data_dir
from aegis_etl.settings import load_settings
from aegis_etl.spark.buckets import Bucket
from aegis_etl.statements import read_statement
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.drift import FieldShape, merge_shapes
from aegis_etl.tables.flatten import Outcome, flatten_payloads
from aegis_etl.tables.warehouse_tables import HISTORY_TABLES
from aegis_etl.warehouse.build import fold_and_note
from aegis_etl.warehouse.connection import open_for_writing
from aegis_etl.warehouse.fold import LakeTables, empty_tables
from aegis_etl.warehouse.schema import create_definitions

FOLDED_TABLES = (*(f"history.{name}" for name in HISTORY_TABLES), "meta.dataset_state", "lake_rows")
"""What a bucket's fold leaves: the tables of which each row belongs to one dataset."""

_ROW_GROUP_ROWS = 20_000


@dataclass(frozen=True)
class Workplace:
    """Where tasks find the lake, and where below it they write.

    It names no credential: executors use their own, from their environment or role.

    Attributes:
        lake_url: a folder that executors see under the same path, or ``s3://bucket/prefix``.
        output: the folder of this rebuild, below the lake's root.
        tool_version: of the program that asks; an executor with another refuses.
    """

    lake_url: str
    output: str
    endpoint_url: str | None = None
    region: str | None = None
    tool_version: str = __version__

    @contextmanager
    def enter(self) -> Iterator[tuple[DataDir, LakePath]]:
        """The lake, and a new folder of this attempt; local files go when it is left.

        Raises:
            AegisEtlError: this executor has another version.
        """
        if self.tool_version != __version__:
            raise AegisEtlError(
                f"the executors of Spark have aegis_etl {__version__}, not {self.tool_version}"
            )
        access = {"lake_endpoint_url": self.endpoint_url, "aws_region": self.region}
        given = {name: value for name, value in access.items() if value}
        with private_modes(), TemporaryDirectory(prefix="aegis_etl-") as scratch:
            settings = load_settings(data_dir=Path(scratch), lake_url=self.lake_url, **given)
            data_dir = open_data_dir(settings)
            attempt = data_dir.lake_root / self.output / uuid4().hex
            create_folder(attempt)
            yield data_dir, attempt


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The files of an attempt: one Parquet file a table.

    Attributes:
        folder: its name below the folder of the rebuild.
        rows: of each table.
    """

    folder: str
    rows: dict[str, int]


class FlatParts(Written, frozen=True, kw_only=True):
    """The flat tables of some raw parts, with what became of each payload."""

    outcomes: list[Outcome]
    shape: list[FieldShape]


@dataclass(frozen=True)
class FoldTask:
    """A bucket to fold, over all syncs."""

    workplace: Workplace
    bucket: Bucket
    sync_ids: tuple[str, ...]

    def run(self) -> Written:
        """Folds the bucket's share of the lake into an empty warehouse, and writes its tables."""
        with (
            self.workplace.enter() as (data_dir, attempt),
            open_for_writing(data_dir.root / WAREHOUSE) as connection,
        ):
            create_definitions(connection)
            connection.execute(read_statement("scope/empty"))
            for sync_id in self.sync_ids:
                self._fold(connection, data_dir, sync_id)
            rows = {name: _write_table(connection, name, attempt) for name in FOLDED_TABLES}
        return Written(folder=attempt.name, rows=rows)

    def _fold(self, connection: duckdb.DuckDBPyConnection, data_dir: DataDir, sync_id: str) -> None:
        manifest = self.bucket.select(read_manifest(data_dir.lake_of(sync_id) / MANIFEST))
        if manifest.datasets:
            fold_and_note(connection, manifest, self._share(data_dir, manifest))

    def _share(self, data_dir: DataDir, manifest: Manifest) -> LakeTables:
        if not manifest.datasets_changed:
            return empty_tables()
        return {
            name: _copy_rows(
                data_dir.table_of(manifest.sync_id, name), self.bucket, data_dir.root / name
            )
            for name in TABLE_NAMES
        }


@dataclass(frozen=True)
class FlattenTask:
    """Raw parts to flatten.

    Attributes:
        parts: of each part, by its name below the lake's root, the datasets to flatten and whether
            each is shared.
    """

    workplace: Workplace
    parts: dict[str, dict[int, bool | None]]

    def run(self) -> FlatParts:
        """Flattens a part at a time and writes the four tables."""
        outcomes: list[Outcome] = []
        shape: list[FieldShape] = []
        rows = dict.fromkeys(TABLE_NAMES, 0)
        with self.workplace.enter() as (data_dir, attempt), ExitStack() as stack:
            paths = {name: table_file(attempt, name) for name in TABLE_NAMES}
            writers = {
                name: stack.enter_context(
                    pq.ParquetWriter(unfinished(path), TABLES[name].arrow_schema)
                )
                for name, path in paths.items()
            }
            for part, is_shared in self.parts.items():
                batch = flatten_payloads(list(read_payloads(data_dir.lake_root / part, is_shared)))
                outcomes += batch.outcomes
                shape = merge_shapes([*shape, *batch.shape])
                for name in TABLE_NAMES:
                    writers[name].write_table(batch.tables[name])
                    rows[name] += batch.tables[name].num_rows
            stack.close()
            for path in paths.values():
                commit_file(path)
        return FlatParts(folder=attempt.name, rows=rows, outcomes=outcomes, shape=shape)


def table_file(folder: LakePath, name: str) -> LakePath:
    """The file of one table in the folder of an attempt."""
    return folder / f"{name}.parquet"


def _copy_rows(path: LakePath, bucket: Bucket, target: Path) -> Path:
    """Copies a bucket's rows of a lake file, a row group at a time, in the file's own columns."""
    with open_parquet(path) as file:
        key = "dataset_id" if "dataset_id" in file.schema_arrow.names else "id"
        with pq.ParquetWriter(target, file.schema_arrow, compression="lz4") as writer:
            for number in range(file.num_row_groups):
                if _may_hold(file, number, key, bucket):
                    rows = file.read_row_group(number)
                    in_bucket = pc.and_(
                        pc.greater_equal(rows[key], bucket.first_id),
                        pc.less_equal(rows[key], bucket.last_id),
                    )
                    writer.write_table(rows.filter(in_bucket))
    return target


def _may_hold(file: Any, number: int, key: str, bucket: Bucket) -> bool:
    column = file.schema_arrow.get_field_index(key)
    known = file.metadata.row_group(number).column(column).statistics
    if known is None or not known.has_min_max:
        return True
    return bool(known.min <= bucket.last_id and known.max >= bucket.first_id)


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, folder: LakePath) -> int:
    path = table_file(folder, name)
    relation = connection.table(name)
    relation.write_parquet(
        str(unfinished(path)), compression="zstd", row_group_size=_ROW_GROUP_ROWS
    )
    commit_file(path)
    return int(relation.aggregate("count(*)").fetchall()[0][0])
