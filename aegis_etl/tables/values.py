"""One JSON value -> what its column holds, exactly or refused.

The results have the form that the typed decoder gives (``shape``), so that both kinds of rows
become columns by the same code.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Literal

from msgspec import Raw

from aegis_etl.tables.columns import Column, ColumnType
from aegis_etl.tables.json_text import (
    NUMBER,
    decode_string,
    escape_lone_surrogates,
    json_type,
    quote_non_numbers,
    split,
)

Misfit = Literal["other type", "inexact value"]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_INTEGER_SYNTAX = re.compile(r"-?[0-9]+")
_NUMERIC = re.compile(NUMBER)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
    r"(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)
_DECIMAL_PLACES, _DECIMAL_DIGITS_BEFORE = 18, 20


class MisfitError(ValueError):
    """A column cannot hold this value."""

    def __init__(self, misfit: Misfit) -> None:
        super().__init__(misfit)
        self.misfit = misfit


def read_value(column: Column, text: str) -> Any:
    """What a column holds of a JSON value other than null, given as its text.

    Raises:
        MisfitError: the column cannot hold it exactly.
    """
    if json_type(text) not in column.json_types:
        raise MisfitError("other type")
    return _structured(text) if column.structured else _READERS[column.type](text)


def read_key(text: str) -> int | None:
    """The integer that a row is keyed by; None when the text is no JSON integer within int64."""
    if not _INTEGER.fullmatch(text):
        return None
    key = int(text)
    return key if -(2**63) <= key < 2**63 else None


def json_value(text: str) -> Any:
    """A value equal to that of every JSON text with the same meaning: numbers by value.

    A text nested too deep to compare by meaning stands for itself.
    """
    try:
        return json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=lambda name: ("", name)
        )
    except (RecursionError, ValueError, InvalidOperation):
        return text


def keep_spelling(before: str | None, now: str | None) -> str | None:
    """The JSON text ``before`` where both texts mean the same, else ``now``.

    The order of an object's members and the form of a number mean nothing (contract: *Nothing is
    dropped*, *Rows without a usable key*).
    """
    if before is None or now is None or json_value(before) != json_value(now):
        return now
    return before


def _number(text: str) -> tuple[str, Decimal]:
    return "number", Decimal(text)


def _bigint(text: str) -> int:
    if (integer := read_key(text)) is not None:
        return integer
    number = _decimal_of(text)
    if not number:
        return 0
    if number.adjusted() > 18 or number != number.to_integral_value():
        raise MisfitError("inexact value")
    integer = int(number)
    if not -(2**63) <= integer < 2**63:
        raise MisfitError("inexact value")
    return integer


def _double(text: str) -> float:
    double = float(text)
    if not math.isfinite(double):
        raise MisfitError("inexact value")
    if not _INTEGER_SYNTAX.fullmatch(text):
        return double
    if int(text) != double:
        raise MisfitError("inexact value")
    return float(int(text))  # an integer -0 is 0


def _decimal(text: str) -> Raw:
    quote = '"' if text[0] == '"' else ""
    return Raw(f"{quote}{_plain_decimal(decode_string(text) if quote else text)}{quote}".encode())


def _plain_decimal(numeric: str) -> str:
    if not _NUMERIC.fullmatch(numeric):
        raise MisfitError("inexact value")
    number = _decimal_of(numeric)
    if not number:
        return "0"
    if not -_DECIMAL_PLACES <= number.adjusted() < _DECIMAL_DIGITS_BEFORE:
        raise MisfitError("inexact value")
    shortest = number.normalize(Context(prec=len(numeric)))
    if int(shortest.as_tuple().exponent) < -_DECIMAL_PLACES:
        raise MisfitError("inexact value")
    return format(shortest, "f")


def _decimal_of(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise MisfitError("inexact value") from error
    if not number.is_finite():
        raise MisfitError("inexact value")
    return number


def _time(text: str) -> str:
    match = _TIME.fullmatch(decode_string(text))
    if match is None:
        raise MisfitError("inexact value")
    date, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups(default="")
    decimals = fraction.rstrip("0")
    if len(decimals) > 6 or zone_minutes > "59":
        raise MisfitError("inexact value")
    zone = f"{sign}{zone_hours}:{zone_minutes or '00'}" if sign else "+00:00"
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{decimals:0<6}"
    try:
        return datetime.fromisoformat(f"{date}T{clock}{zone}").astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise MisfitError("inexact value") from error


def _json(text: str) -> Raw:
    if quote_non_numbers(text) != text:
        raise MisfitError("inexact value")
    return Raw(escape_lone_surrogates(text).encode())


def _structured(text: str) -> Raw:
    return Raw((escape_lone_surrogates(text) if text[0] == '"' else text).encode())


def _string_list(text: str) -> list[str | None]:
    items = split(text)
    if not isinstance(items, list) or {json_type(item) for item in items} - {"string", "null"}:
        raise MisfitError("other type")
    return [None if item == "null" else decode_string(item) for item in items]


_READERS: Mapping[ColumnType, Callable[[str], Any]] = {
    "BIGINT": _bigint,
    "VARCHAR": decode_string,
    "DOUBLE": _double,
    "BOOLEAN": lambda text: text == "true",
    "TIMESTAMPTZ": _time,
    "DECIMAL(38,18)": _decimal,
    "JSON": _json,
    "VARCHAR[]": _string_list,
}
