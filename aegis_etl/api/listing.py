"""The listings of the API, whole: the partial list, every page of the paged one, the types."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from aegis_etl.api.bodies import decode_as
from aegis_etl.api.client import Client

MAX_REREADS = 3

Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Summary(msgspec.Struct, frozen=True):
    """A listed dataset. Only its id is relied on; the rest is whatever the API sent."""

    id: Id
    name: Any = None
    dataset_type_id: Any = None


class _Meta(msgspec.Struct):
    total_items: int
    has_next: bool


class _Page(msgspec.Struct):
    items: list[Any]
    meta: _Meta


class _DatasetType(msgspec.Struct):
    id: Id


class _DatasetTypes(msgspec.Struct):
    items: list[_DatasetType]


@dataclass(frozen=True)
class Reading:
    """What one listing held.

    Attributes:
        summaries: by dataset id, in the API's order; where the pages kept shifting, those of all
            readings together.
        whole: it held every dataset that it counts, each once, all with a usable id.
        unusable: items without an integer id.
    """

    summaries: dict[int, Summary]
    whole: bool
    unusable: int = 0


def read_partial(client: Client, *, shared: bool | None = None) -> Reading:
    """Reads ``GET /datasets/all-partial``.

    Raises:
        ApiError: there was no answer to use.
    """
    items = client.get(
        "/datasets/all-partial", lambda body: decode_as(body, list[Any]), _query(shared=shared)
    ).content
    summaries = _summarise(items)
    unusable = len(items) - len(summaries)
    return Reading({s.id: s for s in summaries}, whole=unusable == 0, unusable=unusable)


def read_pages(
    client: Client,
    *,
    page_size: int,
    dataset_type_id: int | None = None,
    shared: bool | None = None,
) -> Reading:
    """Reads every page of ``GET /datasets``, again where the pages shifted meanwhile.

    Datasets that come and go between two pages move the others to another page: then the totals
    disagree, and all is read again, three times at most.

    Raises:
        ApiError: there was no answer to use.
    """
    query = _query(dataset_type_id=dataset_type_id, shared=shared) | {"page_size": page_size}
    seen: dict[int, Summary] = {}
    for _ in range(1 + MAX_REREADS):
        reading = _read_once(client, query)
        if reading.whole:
            return reading
        seen |= reading.summaries
    return Reading(seen, whole=False, unusable=reading.unusable)


def read_type_ids(client: Client) -> list[int]:
    """Reads the ids of ``GET /dataset-types``: an array of types, or an object with ``items``.

    Raises:
        ApiError: there was no answer to use.
    """
    answer = client.get(
        "/dataset-types", lambda body: decode_as(body, list[_DatasetType] | _DatasetTypes)
    ).content
    types = answer.items if isinstance(answer, _DatasetTypes) else answer
    return [dataset_type.id for dataset_type in types]


def _read_once(client: Client, query: dict[str, str | int]) -> Reading:
    summaries: dict[int, Summary] = {}
    totals: set[int] = set()
    received = usable = 0
    for page in _pages(client, query):
        found = _summarise(page.items)
        summaries |= {s.id: s for s in found}
        totals.add(page.meta.total_items)
        received += len(page.items)
        usable += len(found)
    return Reading(
        summaries, whole=totals == {len(summaries)} == {received}, unusable=received - usable
    )


def _pages(client: Client, query: dict[str, str | int]) -> Iterator[_Page]:
    received, number = 0, 1
    while True:
        page = client.get(
            "/datasets", lambda body: decode_as(body, _Page), query | {"page": number}
        ).content
        yield page
        received += len(page.items)
        number += 1
        # A server that ignores `page` says has_next for ever.
        endless = received > 2 * page.meta.total_items + len(page.items)
        if not page.meta.has_next or not page.items or endless:
            return


def _summarise(items: list[Any]) -> list[Summary]:
    summaries = []
    for item in items:
        try:
            summaries.append(msgspec.convert(item, Summary))
        except msgspec.ValidationError:
            continue
    return summaries


def _query(
    *, dataset_type_id: int | None = None, shared: bool | None = None
) -> dict[str, str | int]:
    query: dict[str, str | int] = {}
    if dataset_type_id is not None:
        query["dataset_type_id"] = dataset_type_id
    if shared is not None:
        query["shared"] = "true" if shared else "false"
    return query
