"""Builds the next version of the warehouse aside: a copy of the published one, plus what is new."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from aegis_etl.lake.files import create_folder, drop_copies, local_copy
from aegis_etl.lake.manifest import Manifest
from aegis_etl.lake.paths import AUDITS, TABLE_NAMES, DataDir
from aegis_etl.statements import read_statement
from aegis_etl.warehouse.audit import AuditResult, read_audits, record_audits, run_audits
from aegis_etl.warehouse.connection import MEMORY_LIMIT, THREADS, open_for_writing, release_memory
from aegis_etl.warehouse.copying import copy_file
from aegis_etl.warehouse.fold import LakeTables, fold_sync
from aegis_etl.warehouse.schema import create_definitions

MartsStep = Callable[[duckdb.DuckDBPyConnection, Path], None]
"""Makes the marts from the folded warehouse, and their Parquet in a folder.

It finds the datasets that the build touched in the temporary relation ``scope``.
"""


ReportStep = Callable[[duckdb.DuckDBPyConnection, Path], None]
"""Writes the report of the audited warehouse to a path."""


def build_warehouse(
    data_dir: DataDir,
    manifest: Manifest,
    *,
    pending: Sequence[Manifest] = (),
    findings: Sequence[AuditResult] = (),
    make_marts: MartsStep | None = None,
    write_report: ReportStep | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int = THREADS,
) -> list[AuditResult]:
    """Builds ``building/<sync_id>/warehouse.duckdb`` and audits it.

    The published version is copied; syncs that the lake holds but the published version does not
    are folded first, with the audits' results of their own files; then the sync itself.

    Args:
        manifest: of the sync, whose lake files are written; it may not be on disk yet.
        pending: manifests of the lake that the published version does not hold, oldest first.
        findings: results of checks made outside the warehouse, to be kept with its own.
        make_marts: called once, after all folds and before the audits.
        write_report: called once, after the audits, with the path of the report.

    Returns:
        The results of the sync's audits, ``findings`` first. Nothing is published here.
    """
    folder = data_dir.building_of(manifest.sync_id)
    target = folder / data_dir.warehouse.name
    create_folder(folder)
    clear_building(target)
    if data_dir.warehouse.exists():
        copy_file(data_dir.warehouse, target)
    with open_for_writing(target, memory_limit=memory_limit, threads=threads) as connection:
        create_definitions(connection)
        connection.execute(read_statement("scope/empty"))
        for earlier in pending:
            fold_and_note(connection, earlier, tables_of(data_dir, earlier.sync_id))
            audits = read_audits(data_dir.lake_of(earlier.sync_id) / AUDITS)
            record_audits(connection, earlier.sync_id, audits)
            drop_copies(data_dir.lake_of(earlier.sync_id))
        fold_and_note(connection, manifest, tables_of(data_dir, manifest.sync_id))
        if make_marts:
            make_marts(connection, folder)
        results = [*findings, *run_audits(connection)]
        record_audits(connection, manifest.sync_id, results)
        if write_report:
            release_memory(connection, memory_limit=memory_limit)  # charts need some beside it
            write_report(connection, folder / data_dir.report.name)
    return results


def tables_of(data_dir: DataDir, sync_id: str) -> LakeTables:
    """The lake's files of one sync, by table; of a lake in an object store, local copies.

    SQL reads them several times over, so whoever is done with a sync drops its copies.
    """
    return {name: local_copy(data_dir.table_of(sync_id, name)) for name in TABLE_NAMES}


def fold_and_note(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, tables: LakeTables
) -> None:
    """Folds one sync and widens the audits' scope by what it touched."""
    fold_sync(connection, manifest, tables)
    note_scope(connection)


def note_scope(connection: duckdb.DuckDBPyConnection) -> None:
    """Widens the audits' scope by the sync that was offered to the fold."""
    connection.execute(read_statement("scope/widen"))


def clear_building(target: Path) -> None:
    """Removes what a killed build left behind."""
    for path in target.parent.glob(f"{target.name}*"):
        if path.is_file():
            path.unlink()
