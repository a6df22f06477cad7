"""The flat tables of one sync: four Parquet files that grow a row group at a time."""

from contextlib import suppress
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from aegis_etl.lake.files import LakePath, commit_file, create_folder, unfinished
from aegis_etl.lake.paths import TABLE_NAMES, DataDir
from aegis_etl.tables.api_tables import TABLES

ROW_GROUP_ROWS = 50_000
ROW_GROUP_BYTES = 16_000_000


class LakeWriter:
    """Writes ``lake/sync=<sync_id>/<table>.parquet`` for the four tables (contract: *Files*).

    Use as a context manager: the files get their names on ``commit``, all else leaves none.
    """

    def __init__(self, data_dir: DataDir, sync_id: str) -> None:
        create_folder(data_dir.lake_of(sync_id))
        self._tables = {
            name: _TableWriter(data_dir.table_of(sync_id, name), TABLES[name].arrow_schema)
            for name in TABLE_NAMES
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for table in self._tables.values():
            table.discard()

    def append(self, name: str, rows: pa.Table) -> None:
        """Adds rows to one table."""
        self._tables[name].append(rows)

    def commit(self) -> dict[str, int]:
        """Gives the four files their names, durably, and returns their row counts."""
        for table in self._tables.values():
            table.commit()
        return {name: table.rows for name, table in self._tables.items()}


class _TableWriter:
    def __init__(self, path: LakePath, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._pending: list[pa.Table] = []
        self.rows = 0
        self._writer = pq.ParquetWriter(
            unfinished(path), schema, compression="zstd", compression_level=1
        )

    def append(self, rows: pa.Table) -> None:
        self.rows += rows.num_rows
        self._pending.append(rows)
        pending_rows = sum(table.num_rows for table in self._pending)
        pending_bytes = sum(table.nbytes for table in self._pending)
        if pending_rows >= ROW_GROUP_ROWS or pending_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def commit(self) -> None:
        self._flush()
        self._writer.close()
        commit_file(self._path)

    def discard(self) -> None:
        # On a full disk the footer cannot be written either; the file is thrown away anyway.
        with suppress(OSError):
            self._writer.close()
        unfinished(self._path).unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._pending:
            rows = pa.concat_tables(self._pending)
            self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
            self._pending = []
