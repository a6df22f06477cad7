"""Copies a large file: by reference where the file system can, else within the kernel."""

import fcntl
import os
from pathlib import Path

_FICLONE = 0x40049409
_CHUNK = 1 << 30


def copy_file(source: Path, target: Path) -> None:
    """Makes ``target`` a copy of ``source``, readable and writable by its owner only."""
    with source.open("rb") as old:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as new:
            try:
                fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
            except OSError:
                _copy_bytes(old.fileno(), new.fileno())


def _copy_bytes(old: int, new: int) -> None:
    try:
        while os.copy_file_range(old, new, _CHUNK):
            pass
    except OSError:
        # Across some file systems the kernel refuses: then the bytes go through this process.
        os.lseek(old, os.lseek(new, 0, os.SEEK_CUR), os.SEEK_SET)
        while chunk := os.read(old, 1 << 20):
            # A disk that is nearly full takes a part of it, and complains at the next write only.
            while chunk := chunk[os.write(new, chunk) :]:
                pass
