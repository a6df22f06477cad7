"""Flattens the kept raw payloads of past syncs again, after the rules of flattening changed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from aegis_etl import __version__
from aegis_etl.lake.files import LakePath, drop_copies, open_parquet, write_file
from aegis_etl.lake.flattening import Flattened, Flattener
from aegis_etl.lake.manifest import (
    SCHEMA_VERSION,
    DatasetEntry,
    DatasetStatus,
    Manifest,
    encode_manifest,
    hash_files,
    read_manifest,
)
from aegis_etl.lake.paths import MANIFEST, TABLE_NAMES, DataDir
from aegis_etl.lake.raw import read_landed
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.sync.entries import make_flatten_errors
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.arrays import integers
from aegis_etl.tables.flatten import Outcome


class PartFlattener(Protocol):
    """Flattens raw parts and appends their rows to the lake's tables, as ``Flattener`` does."""

    def submit(self, part: LakePath, is_shared: Mapping[int, bool | None]) -> None:
        """Asks for the payloads of one part."""

    def finish(self) -> Flattened:
        """Waits for every submitted part and returns what became of its payloads."""


OpenFlattener = Callable[[LakeWriter], AbstractContextManager[PartFlattener]]
"""Where payloads are flattened, and into which tables."""


def flatten_here(writer: LakeWriter) -> Flattener:
    """A process beside this one: the usual ``OpenFlattener``."""
    return Flattener(writer, isolates=False)


def reflatten_sync(
    data_dir: DataDir, sync_id: str, open_flattener: OpenFlattener = flatten_here
) -> int:
    """Writes the lake tables of a sync again from its raw payloads, and its manifest anew.

    Rows whose payload raw keeps no more stay as they are. A kill in between leaves files that do
    not match the manifest, which ``verify`` finds and doing it again mends.

    Returns:
        How many payloads were flattened.
    """
    path = data_dir.lake_of(sync_id) / MANIFEST
    manifest = read_manifest(path)
    is_shared = {entry.dataset_id: entry.is_shared for entry in manifest.datasets}
    payloads: dict[LakePath, dict[int, bool | None]] = defaultdict(dict)
    for dataset_id, (part, row) in read_landed(data_dir.raw_of(sync_id)).items():
        if row.status == "ok" and dataset_id in is_shared:
            payloads[part][dataset_id] = is_shared[dataset_id]
    flattened_ids = {dataset_id for part in payloads.values() for dataset_id in part}
    if not flattened_ids:
        return 0
    others = {e.dataset_id for e in manifest.datasets if e.changed} - flattened_ids
    with LakeWriter(data_dir, sync_id) as lake, open_flattener(lake) as flattener:
        if others:
            for name in TABLE_NAMES:
                lake.append(name, _read_rows(data_dir, sync_id, name, others))
        for part, shared in payloads.items():
            flattener.submit(part, shared)
        outcomes = {outcome.dataset_id: outcome for outcome in flattener.finish().outcomes}
        rows = lake.commit()
    renewed = _renew(manifest, outcomes, rows)
    files = hash_files(data_dir, sync_id)
    write_file(path, encode_manifest(msgspec.structs.replace(renewed, files=files)))
    for folder in (data_dir.raw_of(sync_id), data_dir.lake_of(sync_id)):
        drop_copies(folder)
    return len(outcomes)


def _read_rows(
    data_dir: DataDir, sync_id: str, name: str, dataset_ids: Collection[int]
) -> pa.Table:
    """The rows of some datasets in a lake table, in today's columns."""
    with open_parquet(data_dir.table_of(sync_id, name)) as file:
        table = file.read()
    key = "id" if name == "datasets" else "dataset_id"
    rows = table.filter(pc.is_in(table[key], value_set=integers(sorted(dataset_ids))))
    schema = TABLES[name].arrow_schema
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.schema.names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _renew(manifest: Manifest, outcomes: Mapping[int, Outcome], rows: dict[str, int]) -> Manifest:
    errors = [
        error
        for error in manifest.errors
        if error.stage != "flatten" or error.dataset_id not in outcomes
    ]
    errors += make_flatten_errors(outcomes)
    return msgspec.structs.replace(
        manifest,
        schema_version=SCHEMA_VERSION,
        tool_version=__version__,
        status="partial" if errors else "complete",
        datasets=[_renew_entry(e, outcomes.get(e.dataset_id)) for e in manifest.datasets],
        errors=errors,
        rows=rows,
    )


def _renew_entry(entry: DatasetEntry, outcome: Outcome | None) -> DatasetEntry:
    if outcome is None:
        return entry
    status: DatasetStatus = entry.status
    if outcome.state != "ok":
        status = outcome.state
    elif status in {"partial", "quarantined"}:
        status = "ok"
    changed = outcome.state != "quarantined"
    return msgspec.structs.replace(
        entry,
        status=status,
        changed=changed,
        whole=outcome.state == "ok",
        evaluated_run_ids=outcome.evaluated_run_ids if changed else [],
        rows=outcome.rows if changed else {},
    )
