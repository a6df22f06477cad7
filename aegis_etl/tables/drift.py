"""How the fields of the API come, and how tonight differs from what is known of them."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from aegis_etl.tables.api_tables import TABLES

DriftKind = Literal["new field", "vanished field", "changed type", "nulls where none were"]


class FieldShape(Struct, frozen=True, kw_only=True):
    """How one field of the API came in a number of rows.

    Attributes:
        table: the table whose rows carry it.
        field: its path as the API nests it, dotted.
        types: rows by JSON type (``null`` stands for absent too).
    """

    table: str
    field: str
    types: dict[str, int]

    @property
    def valued(self) -> dict[str, int]:
        """Rows by JSON type in which the field had a value."""
        return {kind: rows for kind, rows in self.types.items() if rows and kind != "null"}

    @property
    def nulls(self) -> int:
        """Rows in which it had none."""
        return self.types.get("null", 0)


class Drift(Struct, frozen=True, kw_only=True):
    """One difference between the known shape and tonight's.

    Attributes:
        detail: what was known and what came, in words.
        rows: the rows of tonight that show it.
    """

    table: str
    field: str
    kind: DriftKind
    detail: str
    rows: int


def merge_shapes(shapes: Iterable[FieldShape]) -> list[FieldShape]:
    """The shape of all their rows together, by table and field."""
    merged: dict[tuple[str, str], Counter[str]] = {}
    for shape in shapes:
        merged.setdefault((shape.table, shape.field), Counter()).update(shape.types)
    return [
        FieldShape(table=table, field=field, types=dict(types))
        for (table, field), types in sorted(merged.items())
    ]


def declared_shape() -> list[FieldShape]:
    """The fields that this version has columns for, with the JSON types those take, in no rows."""
    return merge_shapes(
        FieldShape(
            table=table.name,
            field=column.api_field,
            types=dict.fromkeys((*column.json_types, "null"), 0),
        )
        for table in TABLES.values()
        for column in table.columns
        if column.api_field is not None
    )


def compare_shapes(known: Iterable[FieldShape], tonight: Iterable[FieldShape]) -> list[Drift]:
    """What is different tonight: new and vanished fields, changed types, nulls where none were.

    A field that has a column is no news when it first comes with a type that the column takes. One
    counts as vanished when most known rows had a value and none of tonight's has.

    Args:
        known: the merged shape of earlier syncs; empty before the first.
        tonight: the merged shape of this sync.
    """
    before = {(shape.table, shape.field): shape for shape in known}
    declared = {(shape.table, shape.field): shape for shape in declared_shape()}
    return [
        drift
        for shape in tonight
        for drift in _differences(
            before.get((shape.table, shape.field)),
            declared.get((shape.table, shape.field)),
            shape,
        )
    ]


def _differences(
    known: FieldShape | None, declared: FieldShape | None, tonight: FieldShape
) -> Iterable[Drift]:
    def drift(kind: DriftKind, detail: str, rows: int) -> Drift:
        return Drift(table=tonight.table, field=tonight.field, kind=kind, detail=detail, rows=rows)

    rows = sum(tonight.types.values())
    if known is None and declared is None:
        yield drift(
            "new field", f"came as {_listed(tonight.valued)}", sum(tonight.valued.values()) or rows
        )
        return
    expected = set(known.valued if known else ()) or set(declared.types if declared else ())
    if unexpected := sorted(tonight.valued.keys() - expected):
        detail = f"was {_listed(expected)}, came as {_listed(unexpected)}"
        yield drift("changed type", detail, sum(tonight.valued[kind] for kind in unexpected))
    if known is None or not known.valued or not tonight.nulls:
        return
    if not tonight.valued and sum(known.valued.values()) > known.nulls:
        yield drift("vanished field", "has no value in any row", rows)
    elif not known.nulls:
        yield drift("nulls where none were", "never was null before", tonight.nulls)


def _listed(types: Iterable[str]) -> str:
    return ", ".join(sorted(set(types) - {"null"})) or "null"
