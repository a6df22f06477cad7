"""Scripted nights: payloads as plain dicts, and the manifest and lake tables made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from aegis_etl.lake.files import hash_file
from aegis_etl.lake.manifest import (
    DatasetEntry,
    DatasetStatus,
    Kind,
    Manifest,
    SyncError,
    encode_manifest,
)
from aegis_etl.lake.paths import AUDITS, MANIFEST, DataDir
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.warehouse.audit import AuditResult, encode_audits
from aegis_etl.warehouse.build import build_warehouse
from aegis_etl.warehouse.publish import publish_version

FIRST_NIGHT = datetime(2026, 1, 1, 2, tzinfo=UTC)

Row = dict[str, Any]


def started(night: int) -> datetime:
    """The start of the sync of one night."""
    return FIRST_NIGHT + timedelta(days=night)


def sync_id(night: int) -> str:
    """Its sync id."""
    return started(night).strftime("%Y%m%dT%H%M%SZ")


@dataclass
class Served:
    """One payload: what the API served of one dataset that night."""

    dataset: Row
    records: dict[int, Row] = field(default_factory=dict)
    runs: dict[int, Row] = field(default_factory=dict)
    evaluations: dict[int, Row] = field(default_factory=dict)
    whole: bool = True

    @property
    def shown(self) -> list[int]:
        """The runs whose evaluations it shows."""
        return sorted({e["run_id"] for e in self.evaluations.values()})

    def rows(self, table: str) -> list[Row]:
        """Its rows of one table."""
        if table == "datasets":
            return [self.dataset]
        return list(getattr(self, table).values())


@dataclass
class Night:
    """One night: payloads that changed, and what became of the other datasets asked for."""

    number: int
    served: dict[int, Served] = field(default_factory=dict)
    others: dict[int, DatasetStatus] = field(default_factory=dict)
    kind: Kind = "full"
    errors: list[SyncError] = field(default_factory=list)

    def manifest(self, files: Mapping[str, str] | None = None) -> Manifest:
        """The manifest of its sync."""
        changed = [self._changed_entry(i, payload) for i, payload in sorted(self.served.items())]
        others = [
            DatasetEntry(
                dataset_id=i,
                status=status,
                fetched_at=started(self.number) if status in {"ok", "quarantined"} else None,
            )
            for i, status in sorted(self.others.items())
        ]
        entries = changed + others
        failed = any(e.status not in {"ok", "not_listed", "deleted"} for e in entries)
        return Manifest(
            sync_id=sync_id(self.number),
            tool_version="0.1.0",
            kind=self.kind,
            base_sync_id=None,
            started_at=started(self.number),
            finished_at=started(self.number) + timedelta(minutes=1),
            status="partial" if failed else "complete",
            types_listed=[1],
            listing_whole=True,
            ids_listed=[e.dataset_id for e in entries if e.status not in {"deleted", "not_listed"}],
            datasets=entries,
            errors=self.errors,
            shape=[],
            rows={name: self.tables()[name].num_rows for name in TABLES},
            requests=len(entries),
            retries=0,
            bytes_received=1000,
            files=dict(files or {}),
        )

    def _changed_entry(self, dataset_id: int, payload: Served) -> DatasetEntry:
        return DatasetEntry(
            dataset_id=dataset_id,
            status="ok" if payload.whole else "partial",
            payload_sha256=f"{self.number}-{dataset_id}" if payload.whole else None,
            fetched_at=started(self.number),
            changed=True,
            whole=payload.whole,
            evaluated_run_ids=payload.shown,
            rows={name: len(payload.rows(name)) for name in TABLES},
        )

    def tables(self) -> dict[str, pa.Table]:
        """The lake's tables of its sync."""
        return {
            name: pa.Table.from_pylist(
                [row for payload in self.served.values() for row in payload.rows(name)],
                schema=table.arrow_schema,
            )
            for name, table in TABLES.items()
        }


def land(data_dir: DataDir, night: Night) -> Manifest:
    """Writes the night's lake files, and returns its manifest, which is not written yet."""
    folder = data_dir.lake_of(sync_id(night.number))
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in night.tables().items():
        pq.write_table(rows, folder / f"{name}.parquet")
    return night.manifest()


def seal(data_dir: DataDir, manifest: Manifest, audits: list[AuditResult]) -> Manifest:
    """Writes the audits' results and the manifest: from here on the sync exists."""
    folder = data_dir.lake_of(manifest.sync_id)
    (folder / AUDITS).write_bytes(encode_audits(audits))
    files = {
        path.relative_to(data_dir.root).as_posix(): hash_file(path)
        for path in sorted([*folder.iterdir(), *data_dir.raw_of(manifest.sync_id).glob("*")])
        if path.name != MANIFEST
    }
    sealed = msgspec.structs.replace(manifest, files=files)
    (folder / MANIFEST).write_bytes(encode_manifest(sealed))
    return sealed


def sync_night(data_dir: DataDir, night: Night, **options: Any) -> list[AuditResult]:
    """What a sync does with a night once it is fetched: land, build, audit, seal, publish."""
    manifest = land(data_dir, night)
    audits = build_warehouse(data_dir, manifest, **options)
    manifest = seal(data_dir, manifest, audits)
    publish_version(data_dir, manifest.sync_id)
    return audits


def rows_of(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> list[Row]:
    """The rows of a query as dicts."""
    rows: list[Row] = connection.sql(query, params=values).to_arrow_table().to_pylist()
    return rows


def ordered(rows: list[Row]) -> list[Row]:
    """The same rows in an order that depends on their content only."""
    return sorted(rows, key=repr)
