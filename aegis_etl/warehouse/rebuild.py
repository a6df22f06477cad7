"""Makes the warehouse again from the lake alone, and compares it with the published one."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from aegis_etl.errors import AegisEtlError, DataDamagedError
from aegis_etl.lake.files import create_folder, drop_copies, private_modes
from aegis_etl.lake.manifest import Manifest, read_manifest
from aegis_etl.lake.paths import AUDITS, MANIFEST, DataDir
from aegis_etl.statements import quote_identifier, quote_text, read_statement
from aegis_etl.warehouse.audit import AuditResult, read_audits, record_audits, run_audits
from aegis_etl.warehouse.build import MartsStep, clear_building, fold_and_note, tables_of
from aegis_etl.warehouse.connection import MEMORY_LIMIT, open_for_writing
from aegis_etl.warehouse.copying import copy_file
from aegis_etl.warehouse.publish import (
    place_version,
    prune_versions,
    seal_version,
    switch_version,
    version_ids,
)
from aegis_etl.warehouse.query import list_relations
from aegis_etl.warehouse.schema import create_definitions

COMPARED_SCHEMAS = ("main", "history", "meta")
NOT_OF_THE_LAKE = {
    "meta.definitions",
    "meta.mart_definitions",
    "meta.metric_names",
    "meta.score_repeats",
}
"""What a warehouse holds besides what the syncs brought: how it was made, the user's own names."""


FoldPast = Callable[[duckdb.DuckDBPyConnection, DataDir, Sequence[Manifest]], None]
"""Folds syncs of the lake, oldest first, into the empty warehouse that the connection writes.

It also restores the results of their audits and widens the audits' scope by each.
"""


@dataclass(frozen=True)
class Rebuilt:
    """A warehouse made from the lake, in ``building/<sync_id>/``, not published.

    Attributes:
        sync_id: the newest sync that it holds: the published one where there is one.
        differences: a line for each relation that differs from the published one; None when none
            is published, or it cannot be read.
        audits: of everything, in full.
    """

    sync_id: str
    differences: list[str] | None
    audits: list[AuditResult]


def fold_here(
    connection: duckdb.DuckDBPyConnection, data_dir: DataDir, syncs: Sequence[Manifest]
) -> None:
    """Folds syncs one after the other, in this process: the usual ``FoldPast``.

    Raises:
        DataDamagedError: a file of a sync cannot be read.
    """
    for manifest in syncs:
        fold_with_audits(connection, data_dir, manifest)


def rebuild_warehouse(
    data_dir: DataDir,
    *,
    fold_past: FoldPast = fold_here,
    make_marts: MartsStep | None = None,
    memory_limit: str = MEMORY_LIMIT,
) -> Rebuilt:
    """Folds every sync of the lake, up to the published one, into an empty warehouse.

    Audits of past syncs come from their ``audits.json``; all audits run once more, over all rows.

    Raises:
        AegisEtlError: the lake holds no sync.
        DataDamagedError: a file of the lake is not what was written.
    """
    syncs = read_published_manifests(data_dir)
    if not syncs:
        raise AegisEtlError(f"there is no sync below {data_dir.lake}; run aegis-etl sync")
    folder = data_dir.building_of(syncs[-1].sync_id)
    with private_modes():
        create_folder(folder)
        clear_building(folder / data_dir.warehouse.name)
        with open_for_writing(
            folder / data_dir.warehouse.name, memory_limit=memory_limit
        ) as connection:
            create_definitions(connection)
            connection.execute(read_statement("scope/empty"))
            fold_past(connection, data_dir, syncs)
            if make_marts:
                make_marts(connection, folder)
            audits = run_audits(connection)
            differences = _compare_with_published(connection, data_dir)
    return Rebuilt(syncs[-1].sync_id, differences, audits)


def read_published_manifests(data_dir: DataDir) -> list[Manifest]:
    """The manifests of the syncs that the published version holds; all when none is published."""
    published = data_dir.published_sync_id()
    return [
        read_manifest(data_dir.lake_of(sync_id) / MANIFEST)
        for sync_id in data_dir.whole_sync_ids()
        if published is None or sync_id <= published
    ]


def fold_with_audits(
    connection: duckdb.DuckDBPyConnection, data_dir: DataDir, manifest: Manifest
) -> None:
    """Folds a sync of the lake, with the results of its audits as they were.

    Raises:
        DataDamagedError: a file of the sync cannot be read.
    """
    try:
        fold_and_note(connection, manifest, tables_of(data_dir, manifest.sync_id))
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise DataDamagedError(
            f"sync {manifest.sync_id} cannot be folded: {error}\n"
            "aegis-etl verify says which file is damaged and what mends it"
        ) from error
    restore_audits(connection, data_dir, manifest)
    drop_copies(data_dir.lake_of(manifest.sync_id))


def restore_audits(
    connection: duckdb.DuckDBPyConnection, data_dir: DataDir, manifest: Manifest
) -> None:
    """Adds the results of the audits of a sync as its ``audits.json`` has them."""
    audits = read_audits(data_dir.lake_of(manifest.sync_id) / AUDITS)
    record_audits(connection, manifest.sync_id, audits)


def remake_versions(
    data_dir: DataDir,
    *,
    make_marts: MartsStep | None = None,
    group_read: bool = False,
    memory_limit: str = MEMORY_LIMIT,
) -> None:
    """Makes every kept version again from the lake, and puts each in its old one's place.

    Whatever else was being built, or was kept for inspection, is removed.
    """
    published = data_dir.published_sync_id()
    for remains in data_dir.building.glob("*"):
        shutil.rmtree(remains)
    versions = version_ids(data_dir)
    syncs = [read_manifest(data_dir.lake_of(i) / MANIFEST) for i in data_dir.whole_sync_ids()]
    base = ""
    for version in versions:
        folder = data_dir.building_of(version)
        create_folder(folder)
        target = folder / data_dir.warehouse.name
        if base:
            copy_file(data_dir.building_of(base) / data_dir.warehouse.name, target)
        with open_for_writing(target, memory_limit=memory_limit) as connection:
            create_definitions(connection)
            connection.execute(read_statement("scope/empty"))
            for manifest in syncs:
                if base < manifest.sync_id <= version:
                    fold_with_audits(connection, data_dir, manifest)
            if make_marts:
                make_marts(connection, folder)
        base = version
    for version in versions:
        seal_version(data_dir.building_of(version), group_read=group_read)
        place_version(data_dir, version)
    if published:
        switch_version(data_dir, published)
        prune_versions(data_dir)


def _compare_with_published(
    connection: duckdb.DuckDBPyConnection, data_dir: DataDir
) -> list[str] | None:
    if not data_dir.warehouse.exists():
        return None
    path = quote_text(str(data_dir.warehouse.resolve()))
    try:
        connection.execute(f"attach {path} as published (read_only)")
    except duckdb.Error:
        return None
    names = [name for name in list_relations(connection) if name not in NOT_OF_THE_LAKE]
    try:
        return [line for name in names for line in _compare(connection, name)]
    except duckdb.Error as error:
        return [f"the published warehouse cannot be read: {error}"]
    finally:
        connection.execute("detach published")


def _compare(connection: duckdb.DuckDBPyConnection, name: str) -> Sequence[str]:
    schema, _, table = name.rpartition(".")
    schema = schema or "main"
    if schema not in COMPARED_SCHEMAS:
        return []
    qualified = f"{quote_identifier(schema)}.{quote_identifier(table)}"
    rebuilt = connection.table(qualified)
    columns = ", ".join(quote_identifier(column) for column in rebuilt.columns)
    published = connection.table(f"published.{qualified}").project(columns)
    # Comparing row by row sorts both sides: only where sums of hashes already tell them apart.
    if _fingerprint(rebuilt) == _fingerprint(published):
        return []
    lacking = rebuilt.except_(published).aggregate("count(*)").fetchall()[0][0]
    surplus = published.except_(rebuilt).aggregate("count(*)").fetchall()[0][0]
    return [f"{schema}.{table}: {lacking} rows only in the lake, {surplus} only in the published"]


def _fingerprint(relation: duckdb.DuckDBPyRelation) -> tuple[object, ...]:
    """Row count and two sums over the rows' hashes: equal for equal rows in any order."""
    hashed = relation.set_alias("r").aggregate("count(*), sum(hash(r)), bit_xor(hash(r, 1))")
    return tuple(hashed.fetchall()[0])
