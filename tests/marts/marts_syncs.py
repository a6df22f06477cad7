"""The syncs that fold a made-up account into a warehouse, some of them failed or partial."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from marts_account import Account, Dataset, Row

from aegis_etl.lake.manifest import DatasetEntry, Manifest, SyncError
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.warehouse.fold import fold_sync
from aegis_etl.warehouse.schema import create_definitions


def open_warehouse(path: str | Path = ":memory:") -> duckdb.DuckDBPyConnection:
    """A warehouse, new where there is none; by default in memory."""
    connection = duckdb.connect(path, config={"threads": 1})
    connection.execute("set TimeZone = 'UTC'")
    create_definitions(connection)
    return connection


def sync_account(connection: duckdb.DuckDBPyConnection, account: Account) -> list[int]:
    """Folds what the API serves of the account now; returns the datasets that it touched."""
    started = account.at(24)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    entries, errors = [], []
    for dataset_id, dataset in account.datasets.items():
        chance = account.random.random()
        if chance < 0.1:
            status = account.random.choice(["failed", "quarantined"])
            stage = "fetch" if status == "failed" else "flatten"
            entries.append(DatasetEntry(dataset_id=dataset_id, status=status))
            errors.append(
                SyncError(dataset_id=dataset_id, stage=stage, error=f"{status} {account.night}")
            )
        elif not dataset.exists:
            entries.append(DatasetEntry(dataset_id=dataset_id, status="deleted"))
        else:
            entries.append(_serve(account, dataset, tables, whole=chance < 0.95))
            if chance >= 0.95:
                errors.append(SyncError(dataset_id=dataset_id, stage="flatten", error="a row"))
    manifest = _make_manifest(started, entries, errors)
    rows = {
        name: pa.Table.from_pylist(tables[name], schema=table.arrow_schema)
        for name, table in TABLES.items()
    }
    fold_sync(connection, manifest, rows)
    return [e.dataset_id for e in entries if e.changed or e.status == "deleted"]


def sync_unchanged(
    connection: duckdb.DuckDBPyConnection, account: Account, *, failed: Sequence[int] = ()
) -> None:
    """A sync the next day that finds nothing changed, or fails to fetch some datasets."""
    account.night += 1
    started = account.at(24)
    entries = [
        DatasetEntry(dataset_id=i, status="failed")
        if i in failed
        else DatasetEntry(dataset_id=i, status="ok", fetched_at=started)
        for i in account.datasets
    ]
    errors = [SyncError(dataset_id=i, stage="fetch", error="HTTP 500") for i in failed]
    rows = {name: table.arrow_schema.empty_table() for name, table in TABLES.items()}
    fold_sync(connection, _make_manifest(started, entries, errors), rows)


def _make_manifest(
    started: datetime, entries: list[DatasetEntry], errors: list[SyncError]
) -> Manifest:
    return Manifest(
        sync_id=started.strftime("%Y%m%dT%H%M%SZ"),
        tool_version="0",
        kind="full",
        base_sync_id=None,
        started_at=started,
        finished_at=started,
        status="partial" if errors else "complete",
        types_listed=[1],
        listing_whole=True,
        ids_listed=[],
        datasets=entries,
        errors=errors,
        shape=[],
        rows={},
        requests=0,
        retries=0,
        bytes_received=0,
        files={},
    )


def _serve(
    account: Account, dataset: Dataset, tables: dict[str, list[Row]], *, whole: bool
) -> DatasetEntry:
    served = [run for run in dataset.runs.values() if run.served]
    newest = max(served, key=lambda run: (run.row["created_at"], run.row["id"]), default=None)
    shown = list(newest.evaluations.values()) if newest else []
    tables["datasets"].append(dataset.row)
    tables["records"].extend(dataset.records.values())
    tables["runs"].extend(run.row for run in dataset.runs.values() if run.listed)
    tables["evaluations"].extend(shown)
    return DatasetEntry(
        dataset_id=dataset.row["id"],
        status="ok" if whole else "partial",
        fetched_at=account.at(24.1),
        changed=True,
        whole=whole,
        evaluated_run_ids=sorted({row["run_id"] for row in shown}),
        rows={},
    )
