"""The endpoints of the specification: from a request and the world as it is now to a response."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from aegis_etl.sandbox.http import Request, Response, is_integer, json_response, problem
from aegis_etl.sandbox.model import (
    CUSTOM,
    DATASET_TYPES,
    PROPRIETARY,
    Dataset,
    Meta,
    Page,
    PartialDataset,
)
from aegis_etl.sandbox.world import World

_LARGEST_PAGE = 10_000
_LONGEST_SEARCH = 255

# What a listing shows of all datasets; the partial listing is called "partial", the other "paged".
Listed = Callable[[str, list[Dataset]], list[Dataset]]


class InvalidParameterError(Exception):
    """A query or path parameter is not what it must be: answered with 422."""

    def __init__(self, where: str, name: str, message: str, given: str) -> None:
        super().__init__(message)
        self.detail = [
            {"type": "value_error", "loc": [where, name], "msg": message, "input": given}
        ]


class Api:
    """The three read endpoints of the specification, and `GET /dataset-types` that it names."""

    def __init__(self, world: World, api_key: str, *, has_dataset_types: bool = True) -> None:
        self._world = world
        self._authorization = f"Bearer {api_key}"
        self._has_dataset_types = has_dataset_types

    def answer(self, request: Request, listed: Listed = lambda _, datasets: datasets) -> Response:
        """Answers one request; `listed` says which datasets a listing shows."""
        route = self._route(request)
        if route is None:
            return problem(404, "Not Found")
        if request.method != "GET":
            return problem(405, "Method Not Allowed", Allow="GET")
        if request.headers.get("authorization") != self._authorization:
            return problem(401, "Invalid or missing API key.", WWW_Authenticate="Bearer")
        try:
            return route(request, listed)
        except InvalidParameterError as invalid:
            return problem(422, invalid.detail)

    def _route(self, request: Request) -> Callable[[Request, Listed], Response] | None:
        if not request.below_api:
            return None
        match request.path.split("/")[1:]:
            case ["datasets"]:
                return self._paged
            case ["datasets", "all-partial"]:
                return self._partial
            case ["datasets", part] if part:
                return self._detail
            case ["dataset-types"] if self._has_dataset_types:
                return self._dataset_types
            case _:
                return None

    def _partial(self, request: Request, listed: Listed) -> Response:
        shared = _boolean(request, "shared")
        if self._shares_nothing(shared):
            return problem(404, "User does not belong to an organization.")
        datasets = [
            _partially(dataset)
            for dataset in listed("partial", self._world.summaries())
            if dataset.dataset_type_id != PROPRIETARY.id and self._is_asked_for(dataset, shared)
        ]
        return json_response(200, datasets)

    def _paged(self, request: Request, listed: Listed) -> Response:
        page = _integer(request, "page", 1, least=1)
        size = _integer(request, "page_size", 10, least=1, most=_LARGEST_PAGE)
        type_id = _integer(request, "dataset_type_id", CUSTOM.id)
        shared = _boolean(request, "shared")
        search = request.query.get("search", "")
        if len(search) > _LONGEST_SEARCH:
            raise InvalidParameterError(
                "query", "search", "String should have at most 255 characters", search
            )
        if type_id not in DATASET_TYPES:
            return problem(404, "Dataset type not found.")
        if self._shares_nothing(shared):
            return problem(404, "User does not belong to an organization.")
        datasets = [
            dataset
            for dataset in listed("paged", self._world.summaries())
            if dataset.dataset_type_id == type_id
            and self._is_asked_for(dataset, shared)
            and search.casefold() in dataset.name.casefold()
        ]
        return json_response(200, page_of(datasets, page, size))

    def _detail(self, request: Request, _: Listed) -> Response:
        part = request.path.rpartition("/")[2]
        if not is_integer(part):
            raise InvalidParameterError(
                "path", "dataset_id", "Input should be a valid integer", part
            )
        body = self._world.body(int(part))
        return problem(404, "Dataset not found.") if body is None else Response(200, body)

    def _dataset_types(self, _: Request, __: Listed) -> Response:
        return json_response(200, list(DATASET_TYPES.values()))

    def _shares_nothing(self, shared: bool | None) -> bool:
        return shared is True and not self._world.plan.organization

    def _is_asked_for(self, dataset: Dataset, shared: bool | None) -> bool:
        return shared is None or shared != self._world.is_own(dataset)


def page_of(datasets: list[Dataset], page: int, size: int) -> Page:
    """One page of a listing, and where in the whole it stands."""
    items = datasets[(page - 1) * size : page * size]
    total_pages = -(-len(datasets) // size)
    has_next = page < total_pages
    return Page(
        items,
        Meta(
            current_page=page,
            page_size=size,
            total_items=len(datasets),
            items_on_page=len(items),
            total_pages=total_pages,
            has_next=has_next,
            has_previous=page > 1,
            next_page=page + 1 if has_next else None,
            previous_page=page - 1 if page > 1 else None,
        ),
    )


def _partially(dataset: Dataset) -> PartialDataset:
    is_older_shape = dataset.author_email is UNSET
    if is_older_shape:
        return PartialDataset(id=dataset.id, name=dataset.name)
    fields: dict[str, Any] = {
        name: getattr(dataset, name) for name in PartialDataset.__struct_fields__
    }
    return PartialDataset(**fields)


def _integer(
    request: Request, name: str, default: int, *, least: int | None = None, most: int | None = None
) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not is_integer(text):
        raise InvalidParameterError("query", name, "Input should be a valid integer", text)
    number = int(text)
    if least is not None and number < least:
        raise InvalidParameterError(
            "query", name, f"Input should be greater than or equal to {least}", text
        )
    if most is not None and number > most:
        raise InvalidParameterError(
            "query", name, f"Input should be less than or equal to {most}", text
        )
    return number


def _boolean(request: Request, name: str) -> bool | None:
    text = request.query.get(name)
    if text is None:
        return None
    match text.lower():
        case "true" | "1" | "yes" | "on" | "t" | "y":
            return True
        case "false" | "0" | "no" | "off" | "f" | "n":
            return False
        case _:
            raise InvalidParameterError("query", name, "Input should be a valid boolean", text)
