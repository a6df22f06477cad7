"""What one sync learned of each dataset: answers and their flattening -> manifest entries."""

from collections.abc import Iterable, Mapping

from aegis_etl.extract.decisions import KnownDataset, decide_is_shared, decide_status
from aegis_etl.extract.listing import Listing
from aegis_etl.lake.manifest import DatasetEntry, SyncError
from aegis_etl.lake.raw import RawRow
from aegis_etl.tables.flatten import Outcome


def make_entries(
    rows: Iterable[RawRow],
    outcomes: Mapping[int, Outcome],
    *,
    listing: Listing | None,
    known: Mapping[int, KnownDataset],
    may_close: bool,
) -> list[DatasetEntry]:
    """One entry a dataset asked for, by id.

    Args:
        rows: raw's row of each dataset, without payload.
        outcomes: how each payload that changed was flattened.
        listing: None when the sync listed nothing.
        may_close: this kind of sync closes datasets.
    """
    return [
        _make_entry(
            row,
            outcomes.get(row.dataset_id),
            listing=listing,
            known=known.get(row.dataset_id),
            may_close=may_close,
        )
        for row in sorted(rows, key=lambda row: row.dataset_id)
    ]


def make_errors(
    rows: Iterable[RawRow],
    outcomes: Mapping[int, Outcome],
    *,
    listing: Listing | None,
) -> list[SyncError]:
    """Everything that could not be listed, fetched or flattened, in that order."""
    errors = list(listing.errors) if listing else []
    for row in sorted(rows, key=lambda row: row.dataset_id):
        listed = listing is None or row.dataset_id in listing.entries
        if row.status == "failed" or (row.status == "missing" and listed):
            errors.append(
                SyncError(
                    dataset_id=row.dataset_id,
                    stage="fetch",
                    error=row.error or "no answer",
                    http_status=row.http_status,
                    attempts=row.attempts,
                )
            )
    return errors + make_flatten_errors(outcomes)


def make_flatten_errors(outcomes: Mapping[int, Outcome]) -> list[SyncError]:
    """What could not be flattened, by dataset."""
    return [
        SyncError(dataset_id=dataset_id, stage="flatten", error=error)
        for dataset_id, outcome in sorted(outcomes.items())
        for error in outcome.errors
    ]


def has_news(entry: DatasetEntry, known: KnownDataset | None) -> bool:
    """Whether a sync learned anything of a dataset but that it is as it was."""
    return entry.changed or known is None or entry.status != known.status


def _make_entry(
    row: RawRow,
    outcome: Outcome | None,
    *,
    listing: Listing | None,
    known: KnownDataset | None,
    may_close: bool,
) -> DatasetEntry:
    received = row.status in {"ok", "unchanged"}
    changed = outcome is not None and outcome.state != "quarantined"
    entry = listing.entries.get(row.dataset_id) if listing else None
    listed_type = entry.dataset_type_id if entry else None
    return DatasetEntry(
        dataset_id=row.dataset_id,
        status=decide_status(
            row.dataset_id,
            "ok" if received else "missing" if row.status == "missing" else "failed",
            outcome.state if outcome else None,
            listing=listing,
            known=known,
            may_close=may_close,
        ),
        payload_sha256=row.sha256 if received else None,
        is_shared=decide_is_shared(row.dataset_id, listing, known),
        dataset_type_id=(outcome.dataset_type_id if outcome else None)
        or listed_type
        or (known.dataset_type_id if known else None),
        fetched_at=row.fetched_at if received else None,
        changed=changed,
        whole=outcome is not None and outcome.state == "ok",
        evaluated_run_ids=outcome.evaluated_run_ids if outcome and changed else [],
        rows=outcome.rows if outcome and changed else {},
    )
