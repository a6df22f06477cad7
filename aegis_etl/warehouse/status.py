"""What the published warehouse says of syncs and datasets: for the next sync and for people."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aegis_etl.lake.paths import DataDir
from aegis_etl.lake.sync_ids import parse_sync_id
from aegis_etl.statements import read_statement
from aegis_etl.warehouse.connection import open_for_reading

LAST_SYNCS = 10


@dataclass(frozen=True)
class Status:
    """How the published warehouse stands.

    Attributes:
        published_sync_id: None before the first sync.
        age_seconds: from the published sync's start to now.
        syncs: rows of ``meta.syncs``, newest first.
        failing: datasets whose last fetch brought no whole payload.
        unpublished: syncs of the lake that are newer, as after a rollback.
    """

    published_sync_id: str | None
    age_seconds: float | None
    syncs: list[dict[str, Any]]
    failing: list[dict[str, Any]]
    unpublished: list[str]


def read_status(data_dir: DataDir, *, now: datetime) -> Status:
    """The status of a data directory; empty before its first sync."""
    published = data_dir.published_sync_id()
    newer = data_dir.whole_sync_ids(after=published or "")
    if published is None:
        return Status(None, None, [], [], newer)
    age = (now - parse_sync_id(published)).total_seconds()
    syncs = read_rows(data_dir.warehouse, "status/last_syncs", count=LAST_SYNCS)
    failing = read_rows(data_dir.warehouse, "status/failing_datasets")
    return Status(published, age, syncs, failing, newer)


def read_published_state(warehouse: Path) -> list[dict[str, Any]]:
    """What is known of each dataset that was ever asked for: what a sync compares with."""
    return read_rows(warehouse, "meta/known_datasets")


def read_active_dataset_ids(warehouse: Path, *, since: datetime) -> set[int]:
    """The datasets with a run since then; none before the first sync."""
    if not warehouse.exists():
        return set()
    rows = read_rows(warehouse, "status/active_datasets", since=since)
    return {row["dataset_id"] for row in rows}


def read_rows(warehouse: Path, statement: str, **values: object) -> list[dict[str, Any]]:
    """The rows of one of our own questions, as dictionaries."""
    with open_for_reading(warehouse) as connection:
        result = connection.execute(read_statement(statement), values or None)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
