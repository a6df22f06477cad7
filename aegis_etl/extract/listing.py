"""What exists: the union of both listings, of every type asked for, and what is shared with us."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from aegis_etl.api.client import Client
from aegis_etl.api.errors import (
    ApiError,
    NotAegis,
    NotFound,
    NotUsable,
    Redirected,
)
from aegis_etl.api.listing import Reading, read_pages, read_partial, read_type_ids
from aegis_etl.errors import SyncStoppedError
from aegis_etl.lake.manifest import SyncError


@dataclass(frozen=True)
class ListedDataset:
    """A dataset as the listings show it.

    Attributes:
        is_custom: the listing of the default type held it.
        is_shared: None when the API did not tell.
    """

    dataset_id: int
    name: str | None
    dataset_type_id: int | None
    is_custom: bool
    is_shared: bool | None


@dataclass(frozen=True)
class Listing:
    """Every dataset that the key may see, and what its absence from here would prove.

    Attributes:
        entries: by dataset id, newest first.
        types_listed: the dataset types asked for; the custom type's own id as its items name it.
        whole_types: those of them whose listing was whole.
        custom_whole: the listing of the default (custom) type was whole, whatever its id.
        errors: what could not be listed although the sync goes on.
        only_partial: ids that the partial list alone holds.
        only_paged: ids that the pages of the custom type alone hold.
    """

    entries: dict[int, ListedDataset]
    types_listed: list[int]
    whole_types: frozenset[int]
    custom_whole: bool
    errors: list[SyncError] = field(default_factory=list)
    only_partial: list[int] = field(default_factory=list)
    only_paged: list[int] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Every listing was whole."""
        return self.custom_whole and self.whole_types.issuperset(self.types_listed)


def list_datasets(
    client: Client, *, page_size: int, type_ids: Sequence[int] | Literal["all"]
) -> Listing:
    """Lists everything: ``all-partial``, and all pages of the custom type and each type given.

    ``shared`` omitted is the authority for what exists; ``shared=true`` only tells ``is_shared``
    (contract: *Scope*).

    Raises:
        NotAegis: what answers is no Aegis API.
        SyncStoppedError: a type is unknown, or ``all`` got no answer.
        ApiError: the API gave no answer to use.
    """
    try:
        custom = read_pages(client, page_size=page_size)
    except (NotFound, NotUsable, Redirected) as error:
        raise NotAegis(
            f"AEGIS_BASE_URL is no Aegis API: {error}",
            path=error.path,
            http_status=error.http_status,
            attempts=error.attempts,
        ) from error
    wanted = dict.fromkeys(_read_all_type_ids(client) if type_ids == "all" else type_ids)
    by_type = [(type_id, _read_type(client, page_size, type_id)) for type_id in wanted]
    # Last, so that it shows what came while the pages were read, and not what went.
    lightweight = read_partial(client)
    custom_type = _common_type(custom)
    if custom_type is not None:
        by_type.append((custom_type, custom))
    errors = _name_unusable([lightweight, custom, *(reading for _, reading in by_type)])
    shared_ids, shared_known = _read_shared(client, page_size, list(wanted), errors)
    merged = dict(lightweight.summaries)
    for reading in (custom, *(reading for _, reading in by_type)):
        merged |= reading.summaries
    paged_ids = set(custom.summaries).union(*(reading.summaries for _, reading in by_type))
    return Listing(
        entries={
            dataset_id: ListedDataset(
                dataset_id=dataset_id,
                name=_text(summary.name),
                dataset_type_id=_integer(summary.dataset_type_id),
                is_custom=dataset_id in custom.summaries,
                is_shared=True if dataset_id in shared_ids else False if shared_known else None,
            )
            for dataset_id, summary in merged.items()
        },
        types_listed=sorted({type_id for type_id, _ in by_type}),
        whole_types=frozenset(type_id for type_id, _ in by_type)
        - {type_id for type_id, reading in by_type if not reading.whole},
        custom_whole=custom.whole,
        errors=errors,
        only_partial=[i for i in lightweight.summaries if i not in paged_ids],
        only_paged=[i for i in custom.summaries if i not in lightweight.summaries],
    )


def _read_all_type_ids(client: Client) -> list[int]:
    try:
        return read_type_ids(client)
    except ApiError as error:
        if error.ends_sync:
            raise
        raise SyncStoppedError(
            "AEGIS_DATASET_TYPE_IDS=all needs GET /dataset-types, which gave no answer to use: "
            f"{error} Name the ids instead."
        ) from error


def _read_type(client: Client, page_size: int, type_id: int) -> Reading:
    try:
        return read_pages(client, page_size=page_size, dataset_type_id=type_id)
    except NotFound as error:
        raise SyncStoppedError(
            f"AEGIS_DATASET_TYPE_IDS names type {type_id}, which the API does not know: "
            "remove it, or use one of GET /dataset-types."
        ) from error


def _read_shared(
    client: Client, page_size: int, type_ids: Sequence[int], errors: list[SyncError]
) -> tuple[set[int], bool]:
    """The ids shared with this key, and whether those are all; what failed joins the errors."""
    shared_ids: set[int] = set()
    known = True
    readers = [partial(read_partial, client, shared=True)] + [
        partial(read_pages, client, page_size=page_size, dataset_type_id=type_id, shared=True)
        for type_id in (None, *type_ids)
    ]
    for read in readers:
        try:
            reading = read()
        except NotFound:
            continue  # the key's user belongs to no organization: nothing is shared
        except ApiError as error:
            if error.ends_sync and error.http_status != 403:
                raise
            known = False
            errors.append(
                SyncError(
                    dataset_id=None,
                    stage="list",
                    error=f"what is shared is not known: {error}",
                    http_status=error.http_status,
                    attempts=error.attempts,
                )
            )
            break
        shared_ids.update(reading.summaries)
        known = known and reading.whole
    return shared_ids, known


def _name_unusable(readings: Sequence[Reading]) -> list[SyncError]:
    unusable = max(reading.unusable for reading in readings)
    if not unusable:
        return []
    text = f"{unusable} listed items have no integer id; what they are is not known"
    return [SyncError(dataset_id=None, stage="list", error=text)]


def _common_type(custom: Reading) -> int | None:
    """The custom type's id as its listing names it; None where that is empty or names several."""
    named = {_integer(summary.dataset_type_id) for summary in custom.summaries.values()}
    return named.pop() if len(named) == 1 else None


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "backslashreplace").decode()
