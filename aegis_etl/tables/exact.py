"""Reads a payload value by value, whatever the API may have sent: slow, and never fails.

Used for payloads that the typed decoder refuses. What no column can hold goes to ``_extra`` as it
was sent; a row without a usable key is left out and named (contract: *_extra*, *Rows without a
usable key*).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from aegis_etl.tables.api_tables import CHILD_TABLES, ROW_KEYS, TABLES
from aegis_etl.tables.columns import Column, Table
from aegis_etl.tables.json_text import (
    escape_lone_surrogates,
    object_text,
    split,
)
from aegis_etl.tables.payload import LARGEST_BODY, FindingKind, Payload, PayloadRows
from aegis_etl.tables.shape import NESTED, ROWS, direct_columns, nested_columns
from aegis_etl.tables.values import MisfitError, json_value, read_key, read_value

_SHOWN = 80


def read_exactly(payload: Payload) -> PayloadRows:
    """All rows of a payload that have a usable key, with everything that was sent of them."""
    read = PayloadRows(payload)
    try:
        own, children = _take_apart(payload)
    except ValueError as error:
        read.state = "quarantined"
        read.errors.append(str(error))
        return read
    _RowReader(TABLES["datasets"], payload.dataset_id, read).read_dataset(own)
    for table, texts in children.items():
        _RowReader(TABLES[table], payload.dataset_id, read).read_children(texts)
    if read.errors:
        read.state = "partial"
    return read


def _take_apart(payload: Payload) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The dataset's own members, and the texts of its child rows a table.

    Raises:
        ValueError: the payload is no dataset, or not the one asked for; says why.
    """
    if len(payload.body) > LARGEST_BODY:
        raise ValueError("the body is larger than 2 GiB")
    try:
        own = split(payload.body.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"the body is no UTF-8: {error.reason} at byte {error.start}") from error
    except ValueError as error:
        raise ValueError(f"the body is no JSON: {error}") from error
    if not isinstance(own, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004 # about the text, no caller's mistake
    if read_key(own.get("id", "")) != payload.dataset_id:
        raise ValueError(f"id: {_shown(own.get('id'))}, not {payload.dataset_id}")
    children = {}
    for table in CHILD_TABLES:
        text = own.pop(table, None)
        rows = split(text) if text else None
        if not isinstance(rows, list):
            raise ValueError(f"{table}: {_shown(text)}, not an array")  # noqa: TRY004 # as above
        children[table] = rows
    return own, children


class _SentRow(NamedTuple):
    position: int
    row: Any
    extra: str | None


class _RowReader:
    """Reads one table's rows of one payload."""

    def __init__(self, table: Table, dataset_id: int, read: PayloadRows) -> None:
        self._table = table
        self._dataset_id = dataset_id
        self._read = read
        self._columns = direct_columns(table)
        self._nested = nested_columns(table)

    def read_dataset(self, members: Mapping[str, str]) -> None:
        """Reads the payload's own row."""
        row, extra = self._read_row(members)
        self._keep([row], [extra])

    def read_children(self, texts: Sequence[str]) -> None:
        """Reads child rows; one without a usable key, or sent again otherwise, becomes an error."""
        sent: dict[int, list[_SentRow]] = {}
        for position, text in enumerate(texts):
            members = split(text)
            if not isinstance(members, dict):
                self._leave_out(f"[{position}]", "is no object", text)
                continue
            keys = ROW_KEYS[self._table.name]
            unusable = [key for key in keys if read_key(members.get(key, "")) is None]
            if unusable:
                reason = f"{_shown(members.get(unusable[0]))} is no integer within int64"
                self._leave_out(f"[{position}].{unusable[0]}", reason, text)
                continue
            row, extra = self._read_row(members)
            sent.setdefault(row.id, []).append(_SentRow(position, row, extra))
        for again in sent.values():
            self._leave_out_other_values(again, texts)
        kept = sorted((again[-1] for again in sent.values()), key=lambda row: row.position)
        self._keep([row.row for row in kept], [row.extra for row in kept])

    def _leave_out_other_values(self, again: list["_SentRow"], texts: Sequence[str]) -> None:
        """Of rows of one id the last counts; the others must be equal to it."""
        *others, last = again
        for other in others:
            if _meaning(other.row, other.extra) != _meaning(last.row, last.extra):
                reason = f"{last.row.id} comes again at [{last.position}] with other values"
                self._leave_out(f"[{other.position}].id", reason, texts[other.position])

    def _keep(self, rows: list[Any], extras: list[str | None]) -> None:
        self._read.rows[self._table.name] = rows
        if any(extras):
            self._read.extras[self._table.name] = extras

    def _leave_out(self, where: str, reason: str, text: str) -> None:
        self._read.errors.append(f"{self._table.name}{where}: {reason}; row left out: {text}")

    def _read_row(self, members: Mapping[str, str]) -> tuple[Any, str | None]:
        direct = {name: text for name, text in members.items() if name not in self._nested}
        values, extra = self._read_members(direct, self._columns, "")
        if self._table.name in CHILD_TABLES and values.get("dataset_id") not in {
            None,
            self._dataset_id,
        }:
            del values["dataset_id"]
            extra["dataset_id"] = members["dataset_id"]
            self._note("dataset_id", "other id", members["dataset_id"])
        for name, text in members.items():
            if name in self._nested and text != "null":
                self._read_nested(name, text, values, extra)
        row = ROWS[self._table.name](**values)
        in_order = {name: extra[name] for name in members if name in extra}
        return row, object_text(in_order) if in_order else None

    def _read_nested(
        self, name: str, text: str, values: dict[str, Any], extra: dict[str, str]
    ) -> None:
        """Adds a nested object to the row's values, and what no column holds of it to extra."""
        members = split(text)
        if not isinstance(members, dict):
            extra[name] = text
            self._note(name, "other type", text)
            self._note_lone_surrogates(name, text)
            return
        repeats = {
            field.removeprefix(f"{name}."): own
            for field, own in self._table.repeats.items()
            if field.startswith(f"{name}.")
        }
        ids = {field: Column(field, "BIGINT", "", field) for field in repeats}
        inner, rest = self._read_members(members, {**self._nested[name], **ids}, f"{name}.")
        for field, own in repeats.items():
            if inner.get(field) != values.get(own) and field not in rest:
                rest[field] = members.get(field, "null")
                self._note(f"{name}.{field}", "other id", rest[field])
        told_from_null = any(field in inner for field in self._nested[name])
        if told_from_null:
            values[name] = NESTED[self._table.name, name](**inner)
        elif not rest:
            self._note(name, "empty object", text)
        if rest or not told_from_null:
            extra[name] = object_text(rest)

    def _read_members(
        self, members: Mapping[str, str], columns: Mapping[str, Column], prefix: str
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Values that columns hold, and texts that none holds, by name."""
        values: dict[str, Any] = {}
        extra: dict[str, str] = {}
        for name, text in members.items():
            column = columns.get(name)
            if column is None:
                self._note(f"{prefix}{name}", "unknown field", text)
                if text != "null":
                    extra[name] = text
            elif text != "null":
                try:
                    values[name] = read_value(column, text)
                except MisfitError as error:
                    extra[name] = text
                    self._note(f"{prefix}{name}", error.misfit, text)
            if column is None or not column.structured or name in extra or text[0] == '"':
                self._note_lone_surrogates(f"{prefix}{name}", text)
        return values, extra

    def _note_lone_surrogates(self, field: str, text: str) -> None:
        if escape_lone_surrogates(text) != text:
            self._note(field, "lone surrogate", text)

    def _note(self, field: str, kind: FindingKind, text: str) -> None:
        self._read.note(self._table.name, field, kind, text)


def _meaning(row: Any, extra: str | None) -> list[Any]:
    """Equal for rows of one dataset that are equal in the contract's sense."""
    sent = {name: getattr(row, name) for name in row.__struct_fields__ if name != "dataset_id"}
    if cost := sent.get("evaluation_cost"):
        sent["evaluation_cost"] = msgspec.Raw(bytes(cost).strip(b'"'))
    sent["_extra"] = msgspec.Raw((extra or "null").encode())
    return [
        json_value(str(value, "utf-8")) if isinstance(value, msgspec.Raw) else value
        for value in sent.values()
    ]


def _shown(text: str | None) -> str:
    if text is None:
        return "missing"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
