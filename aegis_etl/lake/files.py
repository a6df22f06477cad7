"""Files that are either whole or not there, on the disk or, for the lake, in an object store.

On the disk that takes private modes, fsync and one rename. An object is whole by itself, so what is
to become one is written to a local file first, and put when that is whole.
"""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aegis_etl.errors import LakeStoreError
from aegis_etl.lake.objects import ObjectPath

PART_SUFFIX = ".part"
CLAIM = "claim"

LakePath = Path | ObjectPath
"""A file or folder of the lake, wherever that lies."""


@contextmanager
def private_modes() -> Iterator[None]:
    """Within it, directories are created 0700 and files 0600 (contract: *Files*)."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def sync_folder(folder: LakePath) -> None:
    """Makes what was created, renamed or removed in a folder survive a power loss."""
    if isinstance(folder, ObjectPath):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_folder(folder: LakePath) -> None:
    """Creates a folder and its parents, 0700 and durably; an existing one is left alone."""
    if isinstance(folder, ObjectPath):
        return
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)


def claim_folder(folder: LakePath) -> bool:
    """Whether a new sync may have this folder of the lake: of several machines, one may.

    On the disk the lock excludes the others.

    Raises:
        LakeStoreError: the store writes a new object twice, so that it can exclude nobody.
    """
    if not isinstance(folder, ObjectPath):
        return True
    claim = folder / CLAIM
    try:
        write_new_file(claim, b"")
    except FileExistsError:
        return False
    with suppress(FileExistsError):
        write_new_file(claim, b"")
        raise LakeStoreError(
            f"the store at {folder.store.url} knows no create-only write (If-None-Match): two "
            "machines could commit one sync; let AEGIS_LAKE_URL name a lake in a store that does"
        )
    return True


def remove_folder(folder: LakePath) -> None:
    """Removes a folder and all that is in it, if it is there."""
    if isinstance(folder, ObjectPath):
        folder.remove_all()
    elif folder.exists():
        shutil.rmtree(folder)


def remove_empty_folder(folder: LakePath) -> None:
    """Removes a folder that holds nothing any more; an object store has none."""
    if isinstance(folder, Path):
        folder.rmdir()


def unfinished(path: LakePath) -> Path:
    """The local name under which a file is written until it is whole."""
    if isinstance(path, ObjectPath):
        path = path.copy
        create_folder(path.parent)
    return path.with_name(path.name + PART_SUFFIX)


def commit_file(path: LakePath) -> None:
    """Gives a whole file, written under its unfinished name, its own name, durably.

    Of an object a local copy stays.
    """
    part = unfinished(path)
    if isinstance(path, ObjectPath):
        path.store.put(path.key, part)
        part.replace(path.copy)
        return
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.chmod(0o600)
    part.replace(path)
    sync_folder(path.parent)


def write_file(path: LakePath, content: bytes) -> None:
    """Writes a file whole and durably: a reader sees the old content or the new, never a part."""
    unfinished(path).write_bytes(content)
    commit_file(path)


def write_new_file(path: LakePath, content: bytes) -> None:
    """Writes a file that nobody has written yet, whole and durably.

    Of several machines that try it on one object, one succeeds. On the disk the lock excludes the
    others.

    Raises:
        FileExistsError: somebody has.
    """
    if isinstance(path, ObjectPath):
        path.store.put_new(path.key, content)
    elif path.exists():
        raise FileExistsError(f"{path} is there already")
    else:
        write_file(path, content)


def size_of(path: LakePath) -> int:
    """The size of a file in bytes."""
    if isinstance(path, Path):
        return path.stat().st_size
    return path.store.measure(path.key) if path.size is None else path.size


def measure_folders(parent: LakePath) -> Counter[str]:
    """The bytes in each folder of a folder, by its name."""
    sizes: Counter[str] = Counter()
    for path in parent.glob("*/*"):
        sizes[path.parent.name] += size_of(path)
    return sizes


def hash_file(path: LakePath) -> str:
    """The SHA-256 of a file as it is stored, in hexadecimal."""
    if isinstance(path, ObjectPath):
        digest = hashlib.sha256()
        for piece in path.store.stream(path.key):
            digest.update(piece)
        return digest.hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_parquet(path: LakePath) -> Any:
    """A ``pyarrow.parquet.ParquetFile``, to be closed; of an object it asks for what is read."""
    import pyarrow.parquet as pq

    if isinstance(path, ObjectPath):
        return pq.ParquetFile(path.store.open_input(path.key), pre_buffer=True)
    return pq.ParquetFile(path)


def count_rows(path: LakePath) -> int:
    """The rows of a Parquet file, by its footer."""
    with open_parquet(path) as file:
        return int(file.metadata.num_rows)


def local_copy(path: LakePath) -> Path:
    """The file itself; of an object a copy, which lasts until ``drop_copies`` or the lock's end.

    What this process put or copied is not asked for again.
    """
    if isinstance(path, Path):
        return path
    if not path.copy.exists():
        part = unfinished(path)
        part.touch(0o600)
        with part.open("wb") as file:
            file.writelines(path.store.stream(path.key))
        part.replace(path.copy)
    return path.copy


def drop_copies(folder: LakePath) -> None:
    """Removes the local copies of objects below a folder."""
    if isinstance(folder, ObjectPath):
        shutil.rmtree(folder.copy, ignore_errors=True)
