"""One exchange with the API: a request, its whole answer, and the name of what is wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import msgspec
import requests
from urllib3.exceptions import HTTPError

from aegis_etl.api.errors import (
    ApiError,
    KeyRefused,
    NotFound,
    OutOfCredits,
    PayloadTooLarge,
    PushedBack,
    Redirected,
    RequestRefused,
    ServerFailed,
    Unreachable,
)
from aegis_etl.api.retries import parse_retry_after

RETRIED_4XX = {408, 425}
LONGEST_DETAIL = 200


@dataclass(frozen=True)
class Received:
    """The whole answer to one request."""

    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    body: bytes


def exchange(
    session: requests.Session,
    url: str,
    params: dict[str, str | int],
    *,
    path: str,
    timeout_seconds: float,
    max_bytes: int,
) -> Received:
    """Sends one GET and reads the answer whole, decompressed.

    Raises:
        Unreachable: no connection, no answer in time, or a body that ends before its length.
        PayloadTooLarge: the body is longer than ``max_bytes``, unpacked.
    """
    try:
        with session.get(
            url,
            params=params,
            timeout=(timeout_seconds, timeout_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            # raw.read takes half the time of response.content, checks Content-Length and unpacks
            # no more than asked for.
            body = response.raw.read(max_bytes + 1, decode_content=True)
            if len(body) > max_bytes:
                raise PayloadTooLarge(
                    f"GET {path} sends more than AEGIS_MAX_PAYLOAD_MB allows "
                    f"({max_bytes / 1e6:g} MB unpacked): raise it to fetch this.",
                    path=path,
                    http_status=response.status_code,
                )
            return Received(response.status_code, response.headers, body)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise Unreachable(
            f"GET {path} got no whole answer: {_innermost_reason(error)}. "
            "Check the network and AEGIS_BASE_URL.",
            path=path,
        ) from error


def raise_for_status(received: Received, path: str, *, now: datetime) -> None:
    """Does nothing for status 200, and raises what any other status means.

    Raises:
        KeyRefused, OutOfCredits, NotFound, RequestRefused, Redirected: another try is of no use.
        PushedBack, ServerFailed: another try may be.
    """
    status = received.status
    if status == 200:
        return
    retry_after = parse_retry_after(received.headers.get("Retry-After"), now)
    if status == 429 or (status == 503 and retry_after is not None):
        raise PushedBack(
            f"GET {path}: the API asks for fewer requests (HTTP {status}); "
            "set AEGIS_MAX_REQUESTS_PER_SECOND to its limit.",
            path=path,
            http_status=status,
            retry_after=retry_after,
        )
    _raise_final(received, path)


def _raise_final(received: Received, path: str) -> NoReturn:
    status = received.status
    kind: type[ApiError]
    if status in {401, 403}:
        kind = KeyRefused
        text = f"GET {path}: the API refused the key (HTTP {status}): check AEGIS_API_KEY."
    elif status == 402:
        kind, text = OutOfCredits, "The account is out of credits (HTTP 402): top it up."
    elif status == 404:
        kind, text = NotFound, f"GET {path}: not found, or not accessible to this key (HTTP 404)."
    elif 300 <= status < 400:
        kind = Redirected
        text = f"GET {path} is redirected (HTTP {status}): check AEGIS_BASE_URL."
    elif 400 <= status < 500 and status not in RETRIED_4XX:
        kind = RequestRefused
        text = (
            f"GET {path}: the API refused the request (HTTP {status}){_detail_of(received.body)}."
        )
    else:
        kind, text = ServerFailed, f"GET {path}: the server failed (HTTP {status})."
    raise kind(text, path=path, http_status=status)


def _detail_of(body: bytes) -> str:
    try:
        detail = msgspec.json.decode(body)["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f": {str(detail)[:LONGEST_DETAIL]}"


def _innermost_reason(error: BaseException) -> str:
    while inner := (error.__cause__ or error.__context__):
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
