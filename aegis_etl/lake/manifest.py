"""The manifest of a sync: written last, so that a sync either exists whole or not at all.

The file is one JSON object whose last field, ``sha256``, is the SHA-256 of the file's own text
with that field's value empty.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from aegis_etl.errors import DataDamagedError, SyncStoppedError
from aegis_etl.lake.files import LakePath, hash_file, local_copy, write_new_file
from aegis_etl.lake.paths import AUDITS, MANIFEST, TABLE_NAMES, DataDir
from aegis_etl.lake.raw import list_parts
from aegis_etl.tables.drift import FieldShape

SCHEMA_VERSION = 1

Kind = Literal["full", "active", "selected"]
Stage = Literal["list", "fetch", "flatten"]
DatasetStatus = Literal[
    "ok", "failed", "missing", "partial", "quarantined", "not_listed", "deleted"
]


class SyncError(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``meta.sync_errors``: what could not be listed, fetched or flattened, and why."""

    dataset_id: int | None
    stage: Stage
    error: str
    http_status: int | None = None
    attempts: int | None = None


class DatasetEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one sync learned of one dataset that it asked for.

    Attributes:
        status: as in ``meta.dataset_state``.
        payload_sha256: of the payload received in this sync; None when none was received whole.
        dataset_type_id: the type that a listing or the payload named.
        fetched_at: when the payload was received; None when it was not.
        changed: the lake files of this sync hold the dataset's rows.
        whole: of a changed one: the payload proves the absence of what it lacks.
        evaluated_run_ids: of a changed one: the runs whose evaluations the payload shows.
        rows: of a changed one: rows a table.
    """

    dataset_id: int
    status: DatasetStatus
    payload_sha256: str | None = None
    is_shared: bool | None = None
    dataset_type_id: int | None = None
    fetched_at: datetime | None = None
    changed: bool = False
    whole: bool = False
    evaluated_run_ids: list[int] = []
    rows: dict[str, int] = {}


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one sync but its rows: enough to fold it into any warehouse again."""

    sync_id: str
    schema_version: int = SCHEMA_VERSION
    tool_version: str
    kind: Kind
    selection: list[int] = []
    base_sync_id: str | None
    started_at: datetime
    finished_at: datetime
    status: Literal["complete", "partial"]
    types_listed: list[int]
    listing_whole: bool
    ids_listed: list[int]
    datasets: list[DatasetEntry]
    errors: list[SyncError]
    shape: list[FieldShape]
    rows: dict[str, int]
    requests: int
    retries: int
    bytes_received: int
    files: dict[str, str]
    sha256: str = ""

    @property
    def datasets_fetched(self) -> int:
        """Datasets whose payload was received."""
        return sum(d.fetched_at is not None for d in self.datasets)

    @property
    def datasets_changed(self) -> int:
        """Datasets whose rows are in this sync's lake files."""
        return sum(d.changed for d in self.datasets)

    @property
    def datasets_failed(self) -> int:
        """Datasets that were not received whole; the partial ones count."""
        return sum(
            d.status in {"failed", "missing", "partial", "quarantined"} for d in self.datasets
        )

    @property
    def datasets_deleted(self) -> int:
        """Datasets that this sync proved to be gone."""
        return sum(d.status == "deleted" for d in self.datasets)


def encode_manifest(manifest: Manifest) -> bytes:
    """The text of a manifest, its own SHA-256 filled in."""
    text = msgspec.json.format(
        msgspec.json.encode(msgspec.structs.replace(manifest, sha256="")), indent=1
    )
    return _with_digest(text, hashlib.sha256(text).hexdigest())


def decode_manifest(text: bytes, path: LakePath) -> Manifest:
    """Reads a manifest.

    Raises:
        DataDamagedError: the text is no manifest, or is not what was written.
    """
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataDamagedError(f"{path} is no manifest: {error}") from error
    digest = hashlib.sha256(_with_digest(text, "")).hexdigest()
    if text != _with_digest(text, digest):
        raise DataDamagedError(f"{path} is not what was written: its SHA-256 differs")
    return manifest


def read_manifest(path: LakePath) -> Manifest:
    """Reads and checks the manifest at a path."""
    return decode_manifest(path.read_bytes(), path)


def commit_manifest(data_dir: DataDir, manifest: Manifest) -> None:
    """Writes the manifest of a sync, which makes the sync exist: of several who try, one succeeds.

    Raises:
        SyncStoppedError: the sync exists already.
    """
    path = data_dir.lake_of(manifest.sync_id) / MANIFEST
    try:
        write_new_file(path, encode_manifest(manifest))
    except FileExistsError:
        raise SyncStoppedError(
            f"sync {manifest.sync_id} was committed by another machine meanwhile: nothing of this "
            "one was published. Let one machine sync into a lake, and run the sync again."
        ) from None


def hash_files(data_dir: DataDir, sync_id: str) -> dict[str, str]:
    """The SHA-256 of each file that a sync has written but its manifest, by ``name_of``."""
    files = [data_dir.table_of(sync_id, name) for name in TABLE_NAMES]
    files += [data_dir.lake_of(sync_id) / AUDITS, *list_parts(data_dir.raw_of(sync_id))]
    return {data_dir.name_of(path): hash_file(local_copy(path)) for path in files}


def _with_digest(text: bytes, digest: str) -> bytes:
    head, _, _ = text.rpartition(b'"sha256": "')
    return head + b'"sha256": "' + digest.encode() + b'"\n}'
