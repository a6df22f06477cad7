"""Writes the published tables as files for tools that read no DuckDB."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from aegis_etl.errors import AegisEtlError, SettingsError
from aegis_etl.lake.files import private_modes, unfinished
from aegis_etl.lake.paths import DataDir
from aegis_etl.statements import quote_identifier
from aegis_etl.warehouse.connection import MEMORY_LIMIT, open_for_reading
from aegis_etl.warehouse.query import find_warehouse, list_relations

FileFormat = Literal["parquet", "csv"]


def export_tables(
    data_dir: DataDir,
    folder: Path,
    *,
    file_format: FileFormat = "parquet",
    tables: Sequence[str] | None = None,
) -> Iterator[Path]:
    """Writes ``<table>.<format>`` and ``marts.<mart>.<format>`` below a folder, yielding each.

    A file is whole when it has its name; one of an earlier export is replaced.

    Args:
        tables: names as in ``main``, or ``marts.<mart>``; None for all of both.

    Raises:
        SettingsError: there is no such table.
        AegisEtlError: nothing was published yet, or the folder cannot be written.
    """
    with open_for_reading(
        find_warehouse(data_dir), memory_limit=MEMORY_LIMIT, locked=False
    ) as connection:
        known = [
            name
            for name in list_relations(connection)
            if "." not in name or name.startswith("marts.")
        ]
        wanted = [name.removeprefix("main.") for name in tables] if tables else known
        for name in wanted:
            if name not in known:
                raise SettingsError(
                    f"--tables: there is no {name!r}; there are: {', '.join(known)}"
                )
        for name in wanted:
            path = folder / f"{name}.{file_format}"
            try:
                with private_modes():
                    folder.mkdir(parents=True, exist_ok=True)
                    _write(connection, name, path, file_format)
            except (OSError, duckdb.IOException) as error:
                raise AegisEtlError(f"{path} cannot be written: {error}") from error
            yield path


def _write(
    connection: duckdb.DuckDBPyConnection, name: str, path: Path, file_format: FileFormat
) -> None:
    schema, _, table = name.rpartition(".")
    relation = connection.table(f"{quote_identifier(schema or 'main')}.{quote_identifier(table)}")
    part = unfinished(path)
    if file_format == "parquet":
        relation.write_parquet(str(part), compression="zstd")
    else:
        relation.write_csv(str(part))
    part.replace(path)
