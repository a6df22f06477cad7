"""Lists of decoded JSON values -> Arrow arrays, exactly or not at all.

Arrays are put together from buffers: ``pa.array`` of a list imports pandas, which costs a process
0.9 s and buys nothing here.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from aegis_etl.tables.columns import ARROW_TYPES, ColumnType
from aegis_etl.tables.json_text import json_type

_COST = r"^-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,18})?(?:[eE]-[01]?[0-9])?$"
_ZONE_AFTER_DATE = r"^.{11,}[Z+-]"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MICROSECOND = -62_135_596_800_000_000
_LAST_MICROSECOND = 253_402_300_799_999_999

_STRUCTURED_TYPES = {None, "string", "object", "array"}

_decode_string = msgspec.json.Decoder(str).decode
_decode_strings = msgspec.json.Decoder(list[str | None]).decode


class InexactError(ValueError):
    """A value that its column cannot hold exactly is among those to convert."""


def integers(values: Sequence[int | None]) -> pa.Array:
    """int64 array."""
    try:
        return _from_numpy(pa.int64(), np.array(values, np.int64))
    except TypeError:
        present = [value is not None for value in values]
        filled = np.array([value or 0 for value in values], np.int64)
        return _from_numpy(pa.int64(), filled, _validity(present))


def doubles(values: Sequence[float | None]) -> pa.Array:
    """float64 array of finite numbers."""
    numbers = np.array(values, np.float64)
    missing = np.isnan(numbers)
    return _from_numpy(pa.float64(), numbers, _validity(~missing) if missing.any() else None)


def booleans(values: Sequence[bool | None]) -> pa.Array:
    """Boolean array."""
    bits = pa.py_buffer(np.packbits(np.array(values, np.bool_), bitorder="little"))
    validity = _validity([value is not None for value in values]) if None in values else None
    return pa.Array.from_buffers(pa.bool_(), len(values), [validity, bits])


def strings(values: Sequence[str | None]) -> pa.Array:
    """String array."""
    validity = None
    texts = cast("Sequence[str]", values)
    try:
        data = "".join(texts).encode()
    except TypeError:  # a None among them
        validity = _validity([value is not None for value in values])
        texts = [value or "" for value in values]
        data = "".join(texts).encode()
    lengths = map(len, texts) if data.isascii() else (len(text.encode()) for text in texts)
    return pa.Array.from_buffers(
        pa.string(), len(texts), [validity, _offsets(lengths, len(texts)), pa.py_buffer(data)]
    )


def string_lists(values: Sequence[list[str | None] | None]) -> pa.Array:
    """Array of lists of strings."""
    validity = _validity([value is not None for value in values])
    lengths = (len(value or ()) for value in values)
    items = strings([item for value in values for item in value or ()])
    return pa.Array.from_buffers(
        pa.list_(pa.string()),
        len(values),
        [validity, _offsets(lengths, len(values))],
        children=[items],
    )


def binaries(values: Sequence[bytes | None]) -> pa.Array:
    """Binary array."""
    validity = _validity([value is not None for value in values])
    lengths = (len(value or b"") for value in values)
    data = pa.py_buffer(b"".join(value or b"" for value in values))
    return pa.Array.from_buffers(
        pa.binary(), len(values), [validity, _offsets(lengths, len(values)), data]
    )


def instants(values: Sequence[datetime]) -> pa.Array:
    """Array of instants in UTC, microseconds, of times with a zone."""
    microseconds = [(value - _EPOCH) // timedelta(microseconds=1) for value in values]
    return _from_numpy(ARROW_TYPES["TIMESTAMPTZ"], np.array(microseconds, np.int64))


def timestamps(values: Sequence[str | None]) -> pa.Array:
    """Instants in UTC, microseconds; text without zone is UTC, a date its midnight.

    Raises:
        InexactError: a text is no ISO 8601 time, is outside the years 1 to 9999, or has more than
            six decimals.
    """
    text, instant = strings(values), ARROW_TYPES["TIMESTAMPTZ"]
    try:
        times = text.cast(instant)
    except pa.ArrowInvalid:
        times = _zoned_or_not(text, instant)
    bounds = pc.min_max(times.cast(pa.int64())).as_py()
    if bounds["min"] is not None and not (
        bounds["min"] >= _FIRST_MICROSECOND and bounds["max"] <= _LAST_MICROSECOND
    ):
        raise InexactError("a time outside the years 1 to 9999")
    return times


def decimals(texts: pa.Array) -> pa.Array:
    """Decimals with 18 places, of the texts of JSON numbers.

    Arrow's cast of ``3e22`` or ``0.01e-91`` is silently wrong, so that numbers with a positive or
    a large exponent take the exact way, which writes them without one.

    Raises:
        InexactError: one is no number, or needs more digits than 20 before and 18 after the point.
    """
    if pc.all(pc.match_substring_regex(texts, _COST)).as_py() is False:
        raise InexactError("a cost that is no number, or that the cast may get wrong")
    try:
        return texts.cast(ARROW_TYPES["DECIMAL(38,18)"])
    except pa.ArrowInvalid as error:
        raise InexactError(str(error)) from error


def json_objects(values: Sequence[msgspec.Raw | None]) -> pa.Array:
    """JSON texts of objects, as sent.

    Raises:
        InexactError: one is of another type.
    """
    texts = json_texts(values)
    if pc.all(pc.starts_with(texts, "{")).as_py() is False:
        raise InexactError("a JSON value that is no object")
    return texts


def json_texts(values: Sequence[msgspec.Raw | None]) -> pa.Array:
    """JSON texts of any type but null, as sent."""
    return strings([_text_of(value) for value in values])


def decode_strings(values: Sequence[msgspec.Raw | None]) -> list[str | None] | None:
    """The strings that JSON texts hold; None when one of them holds anything else."""
    try:
        return _decode_strings(msgspec.json.encode(values))
    except msgspec.ValidationError:
        return None


def structured_texts(values: Sequence[msgspec.Raw | None]) -> tuple[pa.Array, pa.Array]:
    """Strings as they are, objects and arrays as the JSON text sent; and which of them each is.

    Raises:
        InexactError: one is of another type.
    """
    texts = decode_strings(values)
    if texts is not None:
        return strings(texts), strings([None if text is None else "string" for text in texts])
    texts = [_text_of(value) for value in values]
    types = [None if text is None else json_type(text) for text in texts]
    if not set(types) <= _STRUCTURED_TYPES:
        raise InexactError("text that is no string, object or array")
    decoded = [
        _decode_string(text) if text is not None and sent == "string" else text
        for text, sent in zip(texts, types, strict=True)
    ]
    return strings(decoded), strings(types)


BUILDERS: dict[ColumnType, Callable[[Any], pa.Array]] = {
    "BIGINT": integers,
    "VARCHAR": strings,
    "DOUBLE": doubles,
    "BOOLEAN": booleans,
    "TIMESTAMPTZ": timestamps,
    "JSON": json_objects,
    "VARCHAR[]": string_lists,
}


def _text_of(value: msgspec.Raw | None) -> str | None:
    text = None if value is None else str(value, "utf-8")
    return None if text == "null" else text


def _zoned_or_not(text: pa.Array, instant: pa.DataType) -> pa.Array:
    zoned = pc.match_substring_regex(text, _ZONE_AFTER_DATE)
    none = pa.nulls(len(text), pa.string())
    try:
        return pc.coalesce(
            pc.if_else(zoned, text, none).cast(instant),
            pc.if_else(zoned, none, text).cast(pa.timestamp("us")).cast(instant),
        )
    except pa.ArrowInvalid as error:
        raise InexactError(str(error)) from error


def _validity(present: Sequence[bool] | npt.NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.asarray(present, np.bool_), bitorder="little"))


def _offsets(lengths: Iterable[int], count: int) -> pa.Buffer:
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.fromiter(lengths, np.int32, count), out=offsets[1:])
    return pa.py_buffer(offsets)


def _from_numpy(
    arrow_type: pa.DataType, values: npt.NDArray[Any], validity: pa.Buffer | None = None
) -> pa.Array:
    return pa.Array.from_buffers(arrow_type, len(values), [validity, pa.py_buffer(values)])
