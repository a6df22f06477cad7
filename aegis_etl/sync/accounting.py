"""The account a sync gives of itself: what it listed, fetched and flattened -> its manifest."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aegis_etl import __version__
from aegis_etl.errors import SyncStoppedError
from aegis_etl.extract.decisions import KnownDataset
from aegis_etl.extract.listing import Listing
from aegis_etl.lake.flattening import Flattened
from aegis_etl.lake.manifest import Manifest
from aegis_etl.lake.raw import RawRow
from aegis_etl.lake.sync_ids import parse_sync_id
from aegis_etl.sync.entries import make_entries, make_errors
from aegis_etl.sync.note import SyncNote
from aegis_etl.tables.drift import FieldShape, merge_shapes


def make_manifest(
    sync_id: str,
    note: SyncNote,
    *,
    listing: Listing | None,
    rows: Sequence[RawRow],
    flattened: Flattened,
    lake_rows: dict[str, int],
    known: Mapping[int, KnownDataset],
    known_shape: Sequence[FieldShape],
    finished_at: datetime,
) -> Manifest:
    """The manifest of a sync whose lake tables are written; their hashes are still missing.

    Args:
        note: what the sync was asked, and the traffic that it took.
        listing: None when the sync listed nothing.
        rows: raw's row of each dataset, without payload.
        lake_rows: rows a table in the lake's files.
        known: the datasets as they were known when the sync asked.
        known_shape: the merged shape of all earlier syncs.

    Raises:
        SyncStoppedError: a payload was landed and not flattened.
    """
    outcomes = {outcome.dataset_id: outcome for outcome in flattened.outcomes}
    if lost := [r.dataset_id for r in rows if r.status == "ok" and r.dataset_id not in outcomes]:
        raise SyncStoppedError(
            f"{len(lost)} payloads were landed and not flattened, of dataset {lost[0]} first: "
            "nothing was published. Run the sync again, which continues this one."
        )
    errors = make_errors(rows, outcomes, listing=listing)
    return Manifest(
        sync_id=sync_id,
        tool_version=__version__,
        kind=note.kind,
        selection=list(note.selection),
        base_sync_id=note.base_sync_id,
        started_at=parse_sync_id(sync_id),
        finished_at=finished_at,
        status="partial" if errors else "complete",
        types_listed=listing.types_listed if listing else [],
        listing_whole=listing.whole if listing else False,
        ids_listed=sorted(listing.entries) if listing else sorted(note.selection),
        datasets=make_entries(
            rows, outcomes, listing=listing, known=known, may_close=note.kind == "full"
        ),
        errors=errors,
        shape=merge_shapes([*known_shape, *flattened.shape]),
        rows=lake_rows,
        requests=note.requests,
        retries=note.retries,
        bytes_received=note.bytes_received,
        files={},
    )
