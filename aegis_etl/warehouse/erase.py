"""Removes everything of a dataset, for good: from raw, the lake and every published version."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aegis_etl.errors import SettingsError
from aegis_etl.lake.files import (
    PART_SUFFIX,
    LakePath,
    commit_file,
    count_rows,
    drop_copies,
    hash_file,
    open_parquet,
    private_modes,
    unfinished,
    write_file,
)
from aegis_etl.lake.manifest import Manifest, encode_manifest, read_manifest
from aegis_etl.lake.paths import AUDITS, BLOCKED_MANIFEST, MANIFEST, TABLE_NAMES, DataDir
from aegis_etl.warehouse.audit import encode_audits, read_audits
from aegis_etl.warehouse.build import MartsStep
from aegis_etl.warehouse.connection import MEMORY_LIMIT
from aegis_etl.warehouse.publish import version_ids
from aegis_etl.warehouse.rebuild import remake_versions
from aegis_etl.warehouse.status import read_published_state

NOTE = "erased.json"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """A line of ``erased.json``: what was erased and when, without its content.

    Attributes:
        rows: taken out, by table of the lake; ``payloads`` counts rows of raw.
    """

    dataset_id: int
    erased_at: datetime
    rows: dict[str, int]


def erase_dataset(
    data_dir: DataDir,
    dataset_id: int,
    *,
    now: datetime,
    make_marts: MartsStep | None = None,
    group_read: bool = False,
    memory_limit: str = MEMORY_LIMIT,
) -> Erasure:
    """Rewrites what holds the dataset, hashes it anew, and makes every version again from the lake.

    Run again after a kill, it finishes. Where the API still lists the dataset, the next sync
    brings it back.

    Args:
        now: when; for the note.
        make_marts: makes a version's marts and report anew; without it the versions have none.

    Raises:
        SettingsError: nothing holds the dataset, nor did before an earlier erasure.
        DataDamagedError: a manifest is not what was written; nothing after it was erased.
    """
    taken: dict[str, int] = dict.fromkeys((*TABLE_NAMES, "payloads"), 0)
    note = data_dir.root / NOTE
    erasures = _read_erasures(note)
    known = any(e.dataset_id == dataset_id for e in erasures) or _is_known(data_dir, dataset_id)
    with private_modes():
        for sync_id in data_dir.sync_ids():
            for kind, rows in _erase_from_sync(data_dir, sync_id, dataset_id):
                taken[kind] += rows
        if not known and not any(taken.values()):  # what a killed sync landed is in raw alone
            raise SettingsError(
                f"there is no dataset {dataset_id} below {data_dir.root}: nothing was erased. "
                'To see the ids: aegis-etl sql "from datasets"'
            )
        remake_versions(
            data_dir, make_marts=make_marts, group_read=group_read, memory_limit=memory_limit
        )
        erasure = Erasure(dataset_id=dataset_id, erased_at=now, rows=taken)
        write_file(note, msgspec.json.format(msgspec.json.encode([*erasures, erasure]), indent=1))
    return erasure


def _read_erasures(note: Path) -> list[Erasure]:
    return msgspec.json.decode(note.read_bytes(), type=list[Erasure]) if note.exists() else []


def _is_known(data_dir: DataDir, dataset_id: int) -> bool:
    """Whether a sync or a version knows the dataset; of the versions, the newest is made last."""
    manifests = (
        path for sync_id in data_dir.sync_ids() for path in _list_manifests(data_dir, sync_id)
    )
    if any(_mentions(read_manifest(path), dataset_id) for path in manifests):
        return True
    newest = max(version_ids(data_dir), default=None)
    if newest is None:
        return False
    state = read_published_state(data_dir.version_of(newest) / data_dir.warehouse.name)
    return any(row["dataset_id"] == dataset_id for row in state)


def _list_manifests(data_dir: DataDir, sync_id: str) -> list[LakePath]:
    lake = data_dir.lake_of(sync_id)
    return [path for path in (lake / MANIFEST, lake / BLOCKED_MANIFEST) if path.exists()]


def _erase_from_sync(data_dir: DataDir, sync_id: str, dataset_id: int) -> Iterator[tuple[str, int]]:
    lake, raw = data_dir.lake_of(sync_id), data_dir.raw_of(sync_id)
    for remains in (*lake.glob(f"*{PART_SUFFIX}"), *raw.glob(f"*{PART_SUFFIX}")):
        remains.unlink()
    for name in TABLE_NAMES:
        key = "id" if name == "datasets" else "dataset_id"
        yield name, _filter_file(data_dir.table_of(sync_id, name), key, dataset_id)
    parts: list[LakePath] = [*raw.glob("*.parquet")]
    for part in sorted(parts, key=str):
        yield "payloads", _filter_file(part, "dataset_id", dataset_id)
    if (lake / AUDITS).exists():
        _filter_audits(lake / AUDITS, dataset_id)
    # Last, so that a second call after a kill still finds the dataset mentioned and goes on.
    for path in _list_manifests(data_dir, sync_id):
        _filter_manifest(data_dir, path, dataset_id)
    for folder in (lake, raw):
        drop_copies(folder)


def _filter_file(path: LakePath, key: str, dataset_id: int) -> int:
    """Takes the dataset's rows out of a Parquet file; returns how many there were."""
    if not path.exists() or not (found := _count_rows(path, key, dataset_id)):
        return 0
    with (
        open_parquet(path) as old,
        pq.ParquetWriter(
            unfinished(path), old.schema_arrow, compression="zstd", compression_level=1
        ) as new,
    ):
        for group in range(old.num_row_groups):
            new.write_table(old.read_row_group(group).filter(pc.field(key) != dataset_id))
    commit_file(path)
    return found


def _count_rows(path: LakePath, key: str, dataset_id: int) -> int:
    with open_parquet(path) as file:
        ids = file.read(columns=[key])[key]
    return int(pc.sum(pc.equal(ids, dataset_id)).as_py() or 0)


def _filter_audits(path: LakePath, dataset_id: int) -> None:
    audits = read_audits(path)
    kept = [
        msgspec.structs.replace(
            audit,
            rows=[
                row
                for row in audit.rows
                if dataset_id not in (row.get("dataset_id"), row.get("other_dataset_id"))
            ],
        )
        for audit in audits
    ]
    if kept != audits:
        write_file(path, encode_audits(kept))


def _filter_manifest(data_dir: DataDir, path: LakePath, dataset_id: int) -> None:
    manifest = read_manifest(path)
    if not _mentions(manifest, dataset_id):
        return
    kept = msgspec.structs.replace(
        manifest,
        selection=[i for i in manifest.selection if i != dataset_id],
        ids_listed=[i for i in manifest.ids_listed if i != dataset_id],
        datasets=[entry for entry in manifest.datasets if entry.dataset_id != dataset_id],
        errors=[error for error in manifest.errors if error.dataset_id != dataset_id],
        rows={
            name: count_rows(data_dir.table_of(manifest.sync_id, name)) for name in manifest.rows
        },
        files={name: hash_file(data_dir.lake_root / name) for name in manifest.files},
    )
    write_file(path, encode_manifest(kept))


def _mentions(manifest: Manifest, dataset_id: int) -> bool:
    return (
        dataset_id in manifest.selection
        or dataset_id in manifest.ids_listed
        or any(entry.dataset_id == dataset_id for entry in manifest.datasets)
        or any(error.dataset_id == dataset_id for error in manifest.errors)
    )
