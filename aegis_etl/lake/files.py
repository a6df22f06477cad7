"""Files that are either whole or not there: private modes, fsync, one rename."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART_SUFFIX = ".part"


@contextmanager
def private_modes() -> Iterator[None]:
    """Within it, directories are created 0700 and files 0600 (contract: *Files*)."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def sync_folder(folder: Path) -> None:
    """Makes what was created, renamed or removed in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_folder(folder: Path) -> None:
    """Creates a folder and its parents, 0700 and durably; an existing one is left alone."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)


def unfinished(path: Path) -> Path:
    """The name under which a file is written until it is whole."""
    return path.with_name(path.name + PART_SUFFIX)


def commit_file(path: Path) -> None:
    """Gives a whole file, written under its unfinished name, its own name, durably."""
    part = unfinished(path)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.chmod(0o600)
    part.replace(path)
    sync_folder(path.parent)


def write_file(path: Path, content: bytes) -> None:
    """Writes a file whole and durably: a reader sees the old content or the new, never a part."""
    unfinished(path).write_bytes(content)
    commit_file(path)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
