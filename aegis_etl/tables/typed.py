"""Reads a payload by the typed decoder: fast, and only what columns hold exactly."""

from operator import attrgetter
from typing import Any

import msgspec

from aegis_etl.tables.api_tables import CHILD_TABLES, TABLES
from aegis_etl.tables.columns import Table
from aegis_etl.tables.json_text import object_text
from aegis_etl.tables.payload import LARGEST_BODY, Payload, PayloadRows
from aegis_etl.tables.shape import KNOWN_OF_PAYLOAD, PAYLOAD, direct_columns, nested_columns

_decode = msgspec.json.Decoder(PAYLOAD).decode
_decode_known = msgspec.json.Decoder(KNOWN_OF_PAYLOAD).decode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_KNOWN = {name: {*direct_columns(table), *nested_columns(table)} for name, table in TABLES.items()}


def read_typed(payload: Payload) -> PayloadRows | None:
    """The payload's rows, unknown fields in ``_extra``; None when it needs the exact way."""
    if len(payload.body) > LARGEST_BODY:
        return None
    read = PayloadRows(payload)
    try:
        if not payload.body.isascii():
            payload.body.decode()  # the decoder does not look into JSON text that it skips
        own = _read(read)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    read.rows = {"datasets": [own], **{table: getattr(own, table) for table in CHILD_TABLES}}
    if own.id != payload.dataset_id or not all(
        _is_plain(TABLES[name], rows, payload.dataset_id) for name, rows in read.rows.items()
    ):
        return None
    return read


def _read(read: PayloadRows) -> Any:
    try:
        return _decode(read.payload.body)
    except msgspec.ValidationError:
        known = _decode_known(read.payload.body)
    members = _decode_members(read.payload.body)
    children = {table: _decode_rows(members.pop(table)) for table in CHILD_TABLES}
    for table, rows in {"datasets": [members], **children}.items():
        _keep_unknown(table, rows, read)
    return known


def _keep_unknown(table: str, rows: list[dict[str, msgspec.Raw]], read: PayloadRows) -> None:
    extras: list[str | None] = []
    for row in rows:
        unknown = {
            name: str(value, "utf-8") for name, value in row.items() if name not in _KNOWN[table]
        }
        for name, text in unknown.items():
            read.note(table, name, "unknown field", text)
        kept = {name: text for name, text in unknown.items() if text != "null"}
        extras.append(object_text(kept) if kept else None)
    if any(extras):
        read.extras[table] = extras


def _is_plain(table: Table, rows: list[Any], dataset_id: int) -> bool:
    """Whether no row comes twice, and ids that are sent twice agree."""
    if len(set(map(attrgetter("id"), rows))) != len(rows):
        return False
    if table.name in CHILD_TABLES and not set(map(attrgetter("dataset_id"), rows)) <= {
        None,
        dataset_id,
    }:
        return False
    for field, own in table.repeats.items():
        name, inner = field.split(".")
        for row in rows:
            nested = getattr(row, name)
            if nested is not None and getattr(nested, inner) != getattr(row, own):
                return False
    return True
