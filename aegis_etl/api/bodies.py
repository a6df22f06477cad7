"""What makes a body usable: it is JSON, and where we say so, of one shape."""

import json
from typing import Any

import msgspec


def check_json(body: bytes) -> bytes:
    """Hands the body back when it is JSON as real servers send it.

    What Python's own parser takes is taken: lone surrogates, ``NaN``, numbers of any size. Nesting
    too deep for either parser is taken too, because another try would bring it again.

    Raises:
        ValueError: the body is no JSON.
    """
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (ValueError, RecursionError):
        _check_leniently(body)
    return body


def decode_as(body: bytes, shape: Any) -> Any:
    """Decodes a body into a msgspec shape; what only Python's parser takes is no obstacle.

    Raises:
        ValueError: the body is no JSON, or not of this shape.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        raise
    except (ValueError, RecursionError):
        try:
            return msgspec.convert(json.loads(body), shape)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


def _check_leniently(body: bytes) -> None:
    try:
        # Numbers as floats, because Python refuses to read integers of more than 4300 digits;
        # objects dropped, because only the syntax is asked for.
        json.loads(body.decode(), parse_int=float, object_pairs_hook=lambda _pairs: None)
    except RecursionError:
        return
