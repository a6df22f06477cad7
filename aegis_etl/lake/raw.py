"""Payloads as received: Parquet parts below ``raw/sync=<sync_id>/`` (contract: *Files*)."""

import hashlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq

from aegis_etl.lake.files import (
    LakePath,
    commit_file,
    create_folder,
    local_copy,
    open_parquet,
    unfinished,
)
from aegis_etl.tables.arrays import binaries, instants, integers, strings

RAW_SCHEMA = pa.schema(
    [
        pa.field("dataset_id", pa.int64(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("http_status", pa.int64()),
        pa.field("attempts", pa.int64()),
        pa.field("sha256", pa.string()),
        pa.field("bytes", pa.int64()),
        pa.field("fetched_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("error", pa.string()),
        pa.field("payload", pa.binary()),
    ]
)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

RawStatus = Literal["ok", "unchanged", "missing", "failed"]


@dataclass(frozen=True)
class RawRow:
    """One dataset asked for: a row of raw.

    Attributes:
        status: ``ok`` (the payload is here), ``unchanged`` (it equals the published one and is not
            stored again), ``missing`` (404) or ``failed``.
        sha256: of the payload.
        bytes: length of the payload, unpacked.
        payload: the body as received; of a failed one, what came instead of JSON.
    """

    dataset_id: int
    status: RawStatus
    http_status: int | None
    attempts: int
    sha256: str | None
    payload: bytes | None
    bytes: int | None
    fetched_at: datetime
    error: str | None


class RawWriter:
    """Lands rows in parts from a thread of its own, so that a kill costs the last seconds only.

    A part is written when its payloads reach ``part_bytes``, or when its oldest row is
    ``part_seconds`` old. In that thread ``before_part`` is called before each part is written, and
    ``on_part`` with each part that is on disk and its rows.
    Use as a context manager; leaving it lands what is left, also when an exception leaves it, so
    that the next sync need not ask for it again.

    Raises:
        OSError: from ``append`` or on leaving, if a part could not be written. Nothing is written
            after that.
    """

    def __init__(
        self,
        folder: LakePath,
        on_part: Callable[[LakePath, Sequence[RawRow]], None],
        *,
        before_part: Callable[[], None] = lambda: None,
        part_bytes: int = 5_000_000,
        part_seconds: float = 3.0,
    ) -> None:
        create_folder(folder)
        self._folder = folder
        self._on_part = on_part
        self._before_part = before_part
        self._part_bytes = part_bytes
        self._part_seconds = part_seconds
        self._rows: queue.Queue[RawRow | None] = queue.Queue(maxsize=4)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="raw-writer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rows.put(None)
        self._thread.join()
        if self._failure and error is None:
            raise self._failure

    def append(self, row: RawRow) -> None:
        """Hands over a row; waits while the writer is four rows behind."""
        if self._failure:
            raise self._failure
        self._rows.put(row)

    def _run(self) -> None:
        pending: list[RawRow] = []
        due = 0.0
        ended = False
        while not ended:
            try:
                timeout = max(due - time.monotonic(), 0) if pending else None
                row = self._rows.get(timeout=timeout)
                ended = row is None
                if row is not None and not self._failure:
                    due = due if pending else time.monotonic() + self._part_seconds
                    pending.append(row)
            except queue.Empty:
                pass
            if pending and (ended or self._is_full(pending) or time.monotonic() >= due):
                self._land(pending)
                pending = []

    def _is_full(self, rows: Sequence[RawRow]) -> bool:
        return sum(len(row.payload or b"") for row in rows) >= self._part_bytes

    def _land(self, rows: Sequence[RawRow]) -> None:
        try:
            self._before_part()
            path = next_part(self._folder)
            write_part(path, rows)
            self._on_part(path, rows)
        except BaseException as failure:  # noqa: BLE001  raised again in the caller's thread
            self._failure = failure


def write_part(path: LakePath, rows: Sequence[RawRow]) -> None:
    """Writes rows as one part, whole and durably."""
    columns = {
        "dataset_id": integers([row.dataset_id for row in rows]),
        "status": strings([row.status for row in rows]),
        "http_status": integers([row.http_status for row in rows]),
        "attempts": integers([row.attempts for row in rows]),
        "sha256": strings([row.sha256 for row in rows]),
        "bytes": integers([row.bytes for row in rows]),
        "fetched_at": instants([row.fetched_at for row in rows]),
        "error": strings([row.error for row in rows]),
        "payload": binaries([row.payload for row in rows]),
    }
    rows_table = pa.Table.from_arrays(
        [columns[name] for name in RAW_SCHEMA.names], schema=RAW_SCHEMA
    )
    write_part_table(path, rows_table)


def write_part_table(path: LakePath, rows: pa.Table) -> None:
    """Writes a table of ``RAW_SCHEMA`` as one part, whole and durably."""
    pq.write_table(
        rows,
        unfinished(path),
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        write_statistics=["dataset_id"],
    )
    commit_file(path)


def list_parts(folder: LakePath) -> list[LakePath]:
    """The whole parts of one sync's raw folder, in the order they were landed."""
    return sorted(folder.glob("part-*.parquet"), key=str)


def read_rows(part: LakePath, *, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of one part, in order, a few at a time."""
    with open_parquet(part) as file:
        for batch in file.iter_batches(batch_size=64, columns=columns):
            lists = [_to_list(column) for column in batch.columns]
            for values in zip(*lists, strict=True):
                yield dict(zip(batch.schema.names, values, strict=True))


def _to_list(column: pa.Array) -> list[Any]:
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]  # pyarrow is untyped
    # Arrow's own conversion of a time with zone imports pandas.
    return [_EPOCH + timedelta(microseconds=value) for value in column.cast(pa.int64()).to_pylist()]


def read_landed(folder: LakePath) -> dict[int, tuple[LakePath, RawRow]]:
    """The row that counts of each dataset in one sync's raw folder, and its part.

    Of two rows of one dataset the newer ``fetched_at`` counts. The rows come without payload;
    their status tells whether raw holds one.
    """
    names = [name for name in RAW_SCHEMA.names if name != "payload"]
    landed: dict[int, tuple[LakePath, RawRow]] = {}
    for part in list_parts(folder):
        for values in read_rows(part, columns=names):
            row = RawRow(**values, payload=None)
            known = landed.get(row.dataset_id)
            if known is None or row.fetched_at >= known[1].fetched_at:
                landed[row.dataset_id] = (part, row)
    return landed


def remove_damaged_parts(folder: LakePath) -> list[LakePath]:
    """Removes the parts that cannot be read, or hold a payload that is not what was received.

    For a sync that is not finished: it can ask for those payloads again.
    """
    damaged = [part for part in list_parts(folder) if not _is_undamaged(part)]
    for part in damaged:
        part.unlink()
    return damaged


def _is_undamaged(part: LakePath) -> bool:
    copy = local_copy(part)  # not within: a store that cannot be reached damages nothing
    try:
        return all(
            row["status"] != "ok"
            or (row["payload"] is not None and _digest(row["payload"]) == row["sha256"])
            for row in read_rows(copy, columns=["status", "sha256", "payload"])
        )
    except (OSError, pa.ArrowException):
        return False


def next_part(folder: LakePath) -> LakePath:
    """The name of a new part, after all that are there."""
    number = max((int(path.stem.removeprefix("part-")) for path in list_parts(folder)), default=0)
    return folder / f"part-{number + 1:05d}.parquet"


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()
