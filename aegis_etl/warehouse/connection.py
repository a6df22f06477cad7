"""Opens warehouse files: one writer with bounded memory, readers that SQL cannot lead elsewhere."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from aegis_etl.statements import quote_text

STORAGE_VERSION = "v1.2.0"
"""The file format to write: read by every DuckDB from 1.3 on."""

MEMORY_LIMIT = "200MB"
THREADS = 2
_LEAST_MEMORY = "10MB"

_OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


@contextmanager
def open_for_writing(
    path: Path, *, memory_limit: str = MEMORY_LIMIT, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the file at ``path``, created if it is missing.

    What does not fit into memory spills to a folder beside the file. Leaving it without an
    exception checkpoints, so that no ``.wal`` is left.
    """
    spill = path.with_name(path.name + ".spill")
    connection = duckdb.connect(
        config={
            **_OFFLINE,
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(spill),
        }
    )
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"attach {quote_text(str(path))} as warehouse"
            f" (storage_version {quote_text(STORAGE_VERSION)})"
        )
        connection.execute("use warehouse")
        yield connection
        connection.execute("checkpoint warehouse")
    finally:
        connection.close()


def release_memory(connection: duckdb.DuckDBPyConnection, *, memory_limit: str) -> None:
    """Gives back the memory in which DuckDB keeps what the file holds too; the limit stays."""
    with suppress(duckdb.OutOfMemoryException):  # what cannot be given back stays as well
        connection.execute(f"set memory_limit = {quote_text(_LEAST_MEMORY)}")
    connection.execute(f"set memory_limit = {quote_text(memory_limit)}")


@contextmanager
def open_for_reading(
    path: Path, *, memory_limit: str | None = None, locked: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to a warehouse, from which SQL reaches no other file and no network.

    The file is attached to an instance of its own: a connection that this process holds to an
    older version under the same link is not in the way.

    Args:
        memory_limit: DuckDB's own default if None.
        locked: False lets our own code read the lake beside the warehouse and write files.

    Raises:
        duckdb.Error: the file is no DuckDB database.
    """
    spill = Path(tempfile.gettempdir()) / f"aegis_etl-{os.getuid()}"
    limits = {"memory_limit": memory_limit} if memory_limit else {}
    connection = duckdb.connect(config={**_OFFLINE, **limits, "temp_directory": str(spill)})
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {quote_text(str(path.resolve()))} as warehouse (read_only)")
        connection.execute("use warehouse")
        if locked:
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()
