"""Which datasets a sync asks for, by its kind."""

from collections.abc import Iterable
from datetime import timedelta

from aegis_etl.extract.decisions import choose_ids
from aegis_etl.extract.listing import Listing
from aegis_etl.sync.opening import Sync
from aegis_etl.warehouse.status import read_active_dataset_ids

ACTIVE_DAYS = 7


def choose_dataset_ids(sync: Sync, listing: Listing | None) -> list[int]:
    """The ids to ask for, once each: newest first, as listed.

    A full sync asks for all listed and all known datasets; an active one for those listed that are
    new or had a run in the last seven days; one of selected datasets for those. What a killed run
    of the same sync landed counts, even if its dataset is gone since.

    Args:
        listing: None for a sync of selected datasets, which lists nothing.
    """
    if listing is None:
        chosen: Iterable[int] = sync.request.dataset_ids
    elif sync.request.kind == "full":
        chosen = choose_ids(listing, sync.known)
    else:
        since = sync.started_at - timedelta(days=ACTIVE_DAYS)
        active = read_active_dataset_ids(sync.data_dir.warehouse, since=since)
        chosen = [i for i in listing.entries if i in active or i not in sync.known]
    landed = [i for i, (_, row) in sync.landed.items() if row.status == "ok"]
    return list(dict.fromkeys([*chosen, *landed]))
