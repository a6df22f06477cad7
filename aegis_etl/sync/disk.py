"""The room on the disk: estimated before a sync starts, and told in one line when it ran out."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from aegis_etl.errors import SyncStoppedError
from aegis_etl.lake.files import measure_folders
from aegis_etl.lake.paths import DataDir

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# DuckDB's errors are text; it also refuses to spill more than the disk had free when it started.
_SIGNS = (*map(os.strerror, _FULL), "max_temp_directory_size")


def estimate_room(data_dir: DataDir, *, reflatten: bool) -> int:
    """The bytes that a sync will leave behind, if it brings as much as the last one did.

    Those are its raw and lake files, and a copy of the warehouse that grew by as much for a byte of
    the lake as it did so far. The room to work in is not counted: a sync must not be kept from a
    disk that may be large enough, and one that fills up in the middle harms nothing. Before the
    first sync there is nothing to go by.

    Args:
        reflatten: everything is stored again, so the largest sync so far is the measure.
    """
    sync_ids = data_dir.whole_sync_ids() if data_dir.warehouse.exists() else []
    if not sync_ids:
        return 0
    warehouse = data_dir.warehouse.stat().st_size
    in_raw, in_lake = measure_folders(data_dir.raw), measure_folders(data_dir.lake)
    raw = [in_raw[data_dir.raw_of(sync_id).name] for sync_id in sync_ids]
    lake = [in_lake[data_dir.lake_of(sync_id).name] for sync_id in sync_ids]
    growth = warehouse / sum(lake)
    next_raw, next_lake = (max(raw), max(lake)) if reflatten else (raw[-1], lake[-1])
    return round(next_raw + next_lake + warehouse + growth * next_lake)


def check_room(data_dir: DataDir, *, reflatten: bool) -> None:
    """Stops a sync that has no room to end.

    Raises:
        SyncStoppedError: the disk has less room than estimated.
    """
    needed = estimate_room(data_dir, reflatten=reflatten)
    free = shutil.disk_usage(data_dir.root).free
    if free < needed:
        raise SyncStoppedError(
            f"the disk of {data_dir.root} has {free / 1e6:,.1f} MB free and a sync needs about "
            f"{needed / 1e6:,.1f} MB: nothing was changed. Make room and run the sync again."
        )


@contextmanager
def full_disk_explained(data_dir: DataDir) -> Iterator[None]:
    """Turns whatever a full disk raises within it into one line that says what to do.

    Raises:
        SyncStoppedError: the disk is full, or the user's share of it.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not is_full_disk(error):
            raise
        raise SyncStoppedError(
            f"the disk of {data_dir.root} is full: nothing was published, the last warehouse "
            "stays. Make room and run the sync again, which continues this one."
        ) from error


def is_full_disk(error: BaseException) -> bool:
    """Whether an error of ours, of Arrow or of DuckDB means that the disk is full."""
    if isinstance(error, duckdb.Error):
        return any(sign in str(error) for sign in _SIGNS)
    return getattr(error, "errno", None) in _FULL
