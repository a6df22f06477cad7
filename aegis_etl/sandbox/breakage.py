"""Every way in which a response can be broken."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from random import Random
from typing import TYPE_CHECKING, Any

from aegis_etl.sandbox.http import Response, problem

if TYPE_CHECKING:
    from aegis_etl.sandbox.faults import Faults

_PROXY_PAGE = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>
"""
_LOGIN_PAGE = (
    b"<!DOCTYPE html><html><body><form>Please sign in to the network.</form></body></html>"
)
_MEBIBYTE = 1 << 20


def break_response(
    kind: str, whole: Callable[[], Response], faults: "Faults", now: float
) -> Response:
    """The response that a client gets instead of the whole one. `now` is in seconds since 1970."""
    if kind in _REPLACED:
        return _REPLACED[kind](faults, now)
    response = whole()
    return _DAMAGED[kind](response, faults) if response.status == 200 else response


def _plain(status: int, detail: Any, **headers: str) -> Callable[["Faults", float], Response]:
    return lambda _, __: problem(status, detail, **headers)


def _wait_seconds(status: int, detail: str) -> Callable[["Faults", float], Response]:
    return lambda faults, _: problem(
        status, detail, Retry_After=f"{max(1, round(faults.retry_after))}"
    )


def _wait_fraction(faults: "Faults", _: float) -> Response:
    return problem(429, "Too many requests.", Retry_After=f"{faults.retry_after / 4:.2f}")


def _wait_until(faults: "Faults", now: float) -> Response:
    date = formatdate(now + faults.retry_after, usegmt=True)
    return problem(429, "Too many requests.", Retry_After=date)


def _truncated(response: Response, _: "Faults") -> Response:
    return replace(response, body=response.body[: len(response.body) // 2])


def _garbage(response: Response, faults: "Faults") -> Response:
    noise = Random(faults.seed).randbytes(len(response.body) // 2 + 16)
    return replace(response, body=b"\x00\xff" + noise)


def _bomb(response: Response, faults: "Faults") -> Response:
    spaces = gzip.compress(b" " * (8 * _MEBIBYTE))
    members = spaces * max(1, faults.bomb_mb // 8) + gzip.compress(response.body)
    return replace(response, body=members, headers={"Content-Encoding": "gzip"})


def _rewritten(change: Callable[[Any], Any]) -> Callable[[Response, "Faults"], Response]:
    def damage(response: Response, _: "Faults") -> Response:
        return replace(response, body=json.dumps(change(json.loads(response.body))).encode())

    return damage


def _wrong_types(content: Any) -> Any:
    """Values of other types than documented, in fields and in keys."""
    if isinstance(content, list):
        return [*content, {"id": "x", "name": 5}]
    if "items" in content:
        content["items"] = content["items"] and [{**content["items"][0], "id": "x"}]
        return content
    content["name"] = 5
    for record in content["records"][:1]:
        record["prompt"] = {"text": record["prompt"]}
    for evaluation in content["evaluations"][:1]:
        evaluation["result"] = "high"
        evaluation["run_id"] = None
    return content


def _without_records(content: Any) -> Any:
    """The children are not there at all."""
    if isinstance(content, dict):
        for name in ("records", "items"):
            content.pop(name, None)
    return content


def _records_null(content: Any) -> Any:
    """The children are null."""
    if isinstance(content, dict):
        content["items" if "items" in content else "records"] = None
    return content


def _another_id(content: Any) -> Any:
    """A payload of another dataset than the one asked for."""
    if isinstance(content, dict) and "id" in content:
        content["id"] += 1
    return content


_REPLACED: dict[str, Callable[["Faults", float], Response]] = {
    "429": _plain(429, "Too many requests."),
    "429-seconds": _wait_seconds(429, "Too many requests."),
    "429-fraction": _wait_fraction,
    "429-date": _wait_until,
    "500": _plain(500, "Internal server error."),
    "502": lambda _, __: Response(502, _PROXY_PAGE, content_type="text/html"),
    "503": _plain(503, "Service unavailable."),
    "503-seconds": _wait_seconds(503, "Service unavailable."),
    "504": _plain(504, "Gateway timeout."),
    "reset": lambda _, __: Response(0, b"", delivery="reset"),
    "html": lambda _, __: Response(200, _LOGIN_PAGE, content_type="text/html"),
    "empty": lambda _, __: Response(200, b""),
    "list": lambda _, __: Response(200, b"[]"),
    "text": lambda _, __: Response(200, b'"x"'),
    "null": lambda _, __: Response(200, b"null"),
    "400": _plain(400, "Bad request."),
    "401": _plain(401, "Invalid or missing API key."),
    "402": _plain(402, "Out of credits."),
    "403": _plain(403, "Not allowed."),
    "404": _plain(404, "Dataset not found."),
    "422": _plain(422, [{"type": "value_error", "loc": ["query"], "msg": "Invalid"}]),
    "redirect": _plain(302, "Moved.", Location="/elsewhere"),
}
_DAMAGED: dict[str, Callable[[Response, "Faults"], Response]] = {
    "cut": lambda response, _: replace(response, delivery="cut"),
    "drip": lambda response, _: replace(response, delivery="drip"),
    "slow": lambda response, _: replace(response, delivery="slow"),
    "truncated": lambda response, _: replace(
        response, body=response.body[: len(response.body) // 2]
    ),
    "garbage": _garbage,
    "bomb": _bomb,
    "wrong-types": _rewritten(_wrong_types),
    "no-records": _rewritten(_without_records),
    "records-null": _rewritten(_records_null),
    "another-id": _rewritten(_another_id),
}

KINDS = (*_REPLACED, *_DAMAGED)
# The kinds that a second try may mend.
TRANSIENT = (
    "429",
    "429-seconds",
    "429-fraction",
    "429-date",
    "500",
    "502",
    "503",
    "503-seconds",
    "504",
    "cut",
    "reset",
    "truncated",
    "garbage",
    "html",
    "empty",
    "slow",
)
