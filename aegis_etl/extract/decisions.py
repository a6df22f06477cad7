"""What to ask for, what absence proves, when a sync must stop (contract: *Gone*, *Scope*). Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from aegis_etl.errors import SyncStoppedError
from aegis_etl.extract.listing import Listing
from aegis_etl.lake.manifest import DatasetStatus

FAILURES_ALWAYS_BORNE = 3
MASS_DELETE_HINT = "If that is right, run: aegis-etl sync --allow-mass-delete"


@dataclass(frozen=True)
class KnownDataset:
    """A dataset as the published warehouse knows it.

    Attributes:
        payload_sha256: of the payload whose rows are published.
        is_custom: its type is the one that ``GET /datasets`` lists by default.
        status: as in ``meta.dataset_state``.
    """

    dataset_id: int
    payload_sha256: str | None
    is_shared: bool | None
    dataset_type_id: int | None
    is_custom: bool
    status: DatasetStatus


def choose_ids(listing: Listing, known: Mapping[int, KnownDataset]) -> list[int]:
    """The datasets to ask for: all listed, then the known ones that are listed no more."""
    return [*listing.entries, *sorted(_find_unlisted(listing, known))]


def decide_status(
    dataset_id: int,
    fetched: Literal["ok", "missing", "failed"],
    flattened: Literal["ok", "partial", "quarantined"] | None,
    *,
    listing: Listing | None,
    known: KnownDataset | None,
    may_close: bool,
) -> DatasetStatus:
    """The dataset's status after this sync.

    Args:
        dataset_id: the dataset, which was asked for.
        fetched: what its endpoint brought.
        flattened: how its payload flattened; None when it is the published one.
        listing: None when this sync listed nothing.
        known: None when it is new.
        may_close: this kind of sync closes datasets.
    """
    listed = listing is None or dataset_id in listing.entries
    if fetched == "failed":
        return "failed"
    if fetched == "missing":
        if listed:
            return "missing"
        if may_close and listing and known and proves_absence(listing, known):
            return "deleted"
        return "not_listed"
    if flattened in {"partial", "quarantined"}:
        return flattened
    if listing is None:  # an answer alone does not prove that a listing holds it again
        listed = known is None or known.status != "not_listed"
    return "ok" if listed else "not_listed"


def proves_absence(listing: Listing, known: KnownDataset) -> bool:
    """Whether a whole listing of the dataset's type lacks it."""
    if known.dataset_id in listing.entries:
        return False
    if known.dataset_type_id in listing.types_listed:
        return known.dataset_type_id in listing.whole_types
    if known.dataset_type_id is None and known.payload_sha256 is None:
        return listing.whole  # it never gave a payload that would name its type
    # An empty listing of the custom type does not name the type's id.
    custom_is_named = any(entry.is_custom for entry in listing.entries.values())
    return known.is_custom and not custom_is_named and listing.custom_whole


def decide_is_shared(
    dataset_id: int, listing: Listing | None, known: KnownDataset | None
) -> bool | None:
    """Whether the dataset is shared with us: as listed, else as known before."""
    entry = listing.entries.get(dataset_id) if listing else None
    if entry is not None and entry.is_shared is not None:
        return entry.is_shared
    return known.is_shared if known else None


def check_vanished(
    listing: Listing,
    known: Mapping[int, KnownDataset],
    *,
    max_deleted_fraction: float,
    allow_mass_delete: bool,
) -> None:
    """Stops a sync whose listing lost more datasets than is plausible, before it fetches.

    Datasets of types that were not asked for count on neither side; nor do those that were
    missing from the listing already.

    Raises:
        SyncStoppedError: more than the fraction vanished, or all did.
    """
    expected = {i for i in _find_in_scope(listing, known) if known[i].status != "not_listed"}
    vanished = expected - listing.entries.keys()
    if vanished and not listing.entries and not allow_mass_delete:
        raise SyncStoppedError(
            f"The API lists no dataset, where {len(vanished)} were known: nothing was published. "
            f"{MASS_DELETE_HINT}"
        )
    _check_fraction(vanished, expected, max_deleted_fraction, allow_mass_delete=allow_mass_delete)


def check_deleted(
    deleted: Collection[int],
    listing: Listing,
    known: Mapping[int, KnownDataset],
    *,
    max_deleted_fraction: float,
    allow_mass_delete: bool,
) -> None:
    """Stops a sync that would close more datasets than is plausible, before it publishes.

    Raises:
        SyncStoppedError: more than the fraction would be closed.
    """
    scope = _find_in_scope(listing, known)
    _check_fraction(deleted, scope, max_deleted_fraction, allow_mass_delete=allow_mass_delete)


def check_selected(missing: Collection[int], *, asked: int) -> None:
    """Stops a sync of selected datasets of which the API has none.

    Args:
        missing: those that answered 404.
        asked: how many were selected.

    Raises:
        SyncStoppedError: all are missing.
    """
    if missing and len(missing) == asked:
        raise SyncStoppedError(
            f"The API has no dataset {', '.join(map(str, missing))}, or none that this key may see "
            "(404): nothing was published. Check the id; a dataset that is gone is closed by a "
            "full sync: aegis-etl sync"
        )


def check_failed(*, asked: int, fetched: int, failed: int, max_failed_fraction: float) -> None:
    """Stops a sync that failed too often to be worth publishing.

    Args:
        asked: datasets asked for.
        fetched: those whose payload was received.
        failed: those that were not received whole, partial and quarantined ones among them.
        max_failed_fraction: ``AEGIS_MAX_FAILED_FRACTION``.

    Raises:
        SyncStoppedError: more than the fraction and more than 3 failed, or none was fetched.
    """
    if failed > FAILURES_ALWAYS_BORNE and failed > max_failed_fraction * asked:
        raise SyncStoppedError(
            f"{failed} of {asked} datasets failed, more than AEGIS_MAX_FAILED_FRACTION "
            f"({max_failed_fraction:g}) allows: nothing was published. Run the sync again."
        )
    if failed and not fetched:
        raise SyncStoppedError(
            f"None of {asked} datasets could be fetched: nothing was published. Run the sync again."
        )


def _check_fraction(
    gone: Collection[int],
    of: Collection[int],
    max_deleted_fraction: float,
    *,
    allow_mass_delete: bool,
) -> None:
    if allow_mass_delete or len(gone) <= max_deleted_fraction * len(of):
        return
    raise SyncStoppedError(
        f"{len(gone)} of {len(of)} datasets are gone from the API, more than "
        f"AEGIS_MAX_DELETED_FRACTION ({max_deleted_fraction:g}) allows: nothing was published. "
        f"{MASS_DELETE_HINT}"
    )


def _find_unlisted(listing: Listing, known: Mapping[int, KnownDataset]) -> Iterable[int]:
    return (i for i, k in known.items() if i not in listing.entries and k.status != "deleted")


def _find_in_scope(listing: Listing, known: Mapping[int, KnownDataset]) -> set[int]:
    return {
        i
        for i, k in known.items()
        if k.status != "deleted" and (k.is_custom or k.dataset_type_id in listing.types_listed)
    }
