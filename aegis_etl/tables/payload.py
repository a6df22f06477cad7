"""What goes into flattening, and what was read of one payload before it becomes columns."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Struct

from aegis_etl.tables.columns import JsonType
from aegis_etl.tables.json_text import json_type

LARGEST_BODY = 2**31 - 1
"""Bytes: an Arrow string column holds no more, and a payload may be one string."""

State = Literal["ok", "partial", "quarantined"]
FindingKind = Literal[
    "unknown field", "other type", "inexact value", "empty object", "other id", "lone surrogate"
]


@dataclass(frozen=True)
class Payload:
    """One body of ``GET /datasets/{dataset_id}``.

    Attributes:
        dataset_id: the dataset asked for.
        body: as received, content-decoded.
        is_shared: what the listing with ``shared=true`` says; None when it did not answer.
    """

    dataset_id: int
    body: bytes
    is_shared: bool | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """Values of one field that their column does not show as sent.

    Attributes:
        table: the table whose rows carry the field.
        field: its path as the API nests it, dotted.
        kind: all but ``lone surrogate`` are kept in ``_extra``; that one is stored as its six
            characters.
        rows: how many.
    """

    table: str
    field: str
    kind: FindingKind
    rows: int


@dataclass
class PayloadRows:
    """The rows read of one payload, as structs of ``shape``, and what was noted on the way.

    Attributes:
        rows: structs a table; the payload's own struct is the one row of ``datasets``.
        extras: the text of ``_extra`` for each row; a table is absent when it has none.
        errors: texts for ``meta.sync_errors``; any makes the payload not whole.
        findings: values by table, field and kind.
        odd_types: values that are not in their field's column, by table, field and JSON type.
    """

    payload: Payload
    state: State = "ok"
    rows: dict[str, list[Any]] = field(default_factory=dict)
    extras: dict[str, list[str | None]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    findings: Counter[tuple[str, str, FindingKind]] = field(default_factory=Counter)
    odd_types: Counter[tuple[str, str, JsonType]] = field(default_factory=Counter)

    def note(self, table: str, field: str, kind: FindingKind, text: str) -> None:
        """Counts a value, given as its JSON text, that no column shows as it was sent."""
        sent = json_type(text)
        if (kind, sent) != ("unknown field", "null"):
            self.findings[table, field, kind] += 1
        if kind not in {"lone surrogate", "empty object"}:
            self.odd_types[table, field, sent] += 1
