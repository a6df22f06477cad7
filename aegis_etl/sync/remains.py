"""What dead syncs left half-done: cleared away before anything else is written."""

import shutil

from aegis_etl.lake.files import PART_SUFFIX, remove_folder
from aegis_etl.lake.paths import BLOCKED_MANIFEST, DataDir
from aegis_etl.sync.note import NOTE


def clear_remains(data_dir: DataDir) -> None:
    """Removes what no sync goes on with.

    What stays: the raw payloads that an unfinished sync landed whole, with its note, and what was
    built by the newest night that an audit blocked.
    """
    unfinished = set(data_dir.unfinished_sync_ids())
    for sync_id in unfinished:
        remove_folder(data_dir.lake_of(sync_id))
        for part in data_dir.raw_of(sync_id).glob(f"*{PART_SUFFIX}"):
            part.unlink()
    built = sorted(folder.name for folder in data_dir.building.glob("*"))
    blocked = [i for i in built if (data_dir.lake_of(i) / BLOCKED_MANIFEST).is_file()]
    for folder in data_dir.building.glob("*"):
        if folder.name in blocked[-1:]:
            continue
        if folder.name not in unfinished:
            shutil.rmtree(folder)
            continue
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != NOTE:
                path.unlink()


def remove_sync(data_dir: DataDir, sync_id: str) -> None:
    """Removes everything of an unfinished sync, its raw payloads included."""
    for folder in (
        data_dir.raw_of(sync_id),
        data_dir.lake_of(sync_id),
        data_dir.building_of(sync_id),
    ):
        remove_folder(folder)
