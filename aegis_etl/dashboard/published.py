"""The published version that a page shows, and whether another has taken its place."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.query import find_warehouse


@dataclass(frozen=True)
class Version:
    """A published warehouse file.

    Of the same name but another inode or time it is another version: ``erase`` makes those anew.
    """

    path: Path
    inode: int
    modified_ns: int


def find_version(data_dir: DataDir) -> Version | None:
    """The published version, or None before the first sync. Costs two system calls."""
    try:
        path = data_dir.warehouse.resolve(strict=True)
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Version(path, found.st_ino, found.st_mtime_ns)


@contextmanager
def open_published(data_dir: DataDir) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published version.

    The version's own file is opened, so that all answers are of one version, whatever is published
    meanwhile. One that was pruned before it could be opened gives way to the newer.

    Raises:
        AegisEtlError: nothing was published yet.
    """
    with ExitStack() as stack:
        yield _open_newest(data_dir, stack)


def _open_newest(data_dir: DataDir, stack: ExitStack) -> duckdb.DuckDBPyConnection:
    while True:
        warehouse = find_warehouse(data_dir)
        try:
            return stack.enter_context(open_for_reading(warehouse))
        except duckdb.IOException:
            if warehouse.exists():
                raise
