"""A request and a response, apart from any socket."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

API_PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for."""

    method: str
    path: str  # without the query; below /api/v1 without that prefix
    query: dict[str, str]  # of a name that is given twice, the last
    query_text: str
    headers: dict[str, str]  # by lower-case name
    below_api: bool
    body: bytes = b""

    @property
    def dataset_id(self) -> int | None:
        """The dataset whose detail is asked for; null for other paths."""
        start, _, last = self.path.rpartition("/")
        if self.below_api and start == "/datasets" and is_integer(last):
            return int(last)
        return None


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered, and how it is sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    delivery: str = "whole"  # whole, cut, reset, drip


def is_integer(text: str) -> bool:
    """Whether a path or query part is a whole number, as the API understands it."""
    digits = text[1:] if text[:1] in {"-", "+"} else text
    return digits.isascii() and digits.isdigit() and len(digits) <= 4300


def read_request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Request:
    """Takes a request line's target apart."""
    parts = urlsplit(target)
    below_api = parts.path.startswith(f"{API_PREFIX}/")
    return Request(
        method=method,
        path=parts.path.removeprefix(API_PREFIX) if below_api else parts.path,
        query={name: values[-1] for name, values in _query(parts.query)},
        query_text=parts.query,
        headers=headers,
        below_api=below_api,
        body=body,
    )


def _query(text: str) -> list[tuple[str, list[str]]]:
    return list(parse_qs(text, keep_blank_values=True).items())


def json_response(status: int, content: Any, **headers: str) -> Response:
    """A response whose body is this as JSON; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, msgspec.json.encode(content), named)


def problem(status: int, detail: Any, **headers: str) -> Response:
    """An error as the API words it."""
    return json_response(status, {"detail": detail}, **headers)
