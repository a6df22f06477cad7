"""Takes payloads out of the raw parts of a sync that has ended."""

from collections import defaultdict
from collections.abc import Collection

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from aegis_etl.lake.files import (
    LakePath,
    count_rows,
    hash_file,
    open_parquet,
    remove_empty_folder,
    sync_folder,
    write_file,
)
from aegis_etl.lake.manifest import encode_manifest, read_manifest
from aegis_etl.lake.paths import BLOCKED_MANIFEST, MANIFEST, DataDir
from aegis_etl.lake.raw import list_parts, next_part, read_landed, write_part_table
from aegis_etl.tables.arrays import integers


def keep_payloads(data_dir: DataDir, sync_id: str, dataset_ids: Collection[int]) -> None:
    """Reduces the raw folder of an ended sync to the stored payloads of some datasets.

    Rows without such a payload go, and the folder with the last of them; the manifest is hashed
    anew. New parts are written first, then the manifest, then the old parts are removed: a kill at
    any point loses nothing, and doing it again mends the rest.
    """
    folder = data_dir.raw_of(sync_id)
    kept: dict[LakePath, list[int]] = defaultdict(list)
    for dataset_id, (part, row) in read_landed(folder).items():
        if row.status == "ok" and dataset_id in dataset_ids:
            kept[part].append(dataset_id)
    old = [part for part in list_parts(folder) if count_rows(part) > len(kept.get(part, ()))]
    if not old:
        return
    for part in old:
        if part in kept:
            _copy_rows(part, next_part(folder), kept[part])
    _list_files_anew(data_dir, sync_id, without=old)
    for part in old:
        part.unlink()
    sync_folder(folder)
    if not kept:
        remove_empty_folder(folder)


def _copy_rows(part: LakePath, target: LakePath, dataset_ids: list[int]) -> None:
    with open_parquet(part) as file:
        rows: pa.Table = file.read()
    wanted = pc.is_in(rows["dataset_id"], value_set=integers(dataset_ids))
    write_part_table(target, rows.filter(wanted))


def _list_files_anew(data_dir: DataDir, sync_id: str, *, without: Collection[LakePath]) -> None:
    lake = data_dir.lake_of(sync_id)
    path = lake / MANIFEST
    if not path.exists():
        path = lake / BLOCKED_MANIFEST
    manifest = read_manifest(path)
    raw = data_dir.raw_of(sync_id)
    parts = {data_dir.name_of(part): part for part in list_parts(raw)}
    files = {name: digest for name, digest in manifest.files.items() if not name.startswith("raw/")}
    files |= {
        name: manifest.files.get(name) or hash_file(part)
        for name, part in parts.items()
        if part not in without
    }
    write_file(path, encode_manifest(msgspec.structs.replace(manifest, files=files)))
