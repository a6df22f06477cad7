"""The payload's shape as typed structs, derived from the one list of columns.

Their decoder refuses every payload that holds anything but what the columns take. JSON text,
structured text and costs stay as sent (``msgspec.Raw``); times stay text.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from aegis_etl.tables.api_tables import CHILD_TABLES, DATASETS, ROW_KEYS, TABLES
from aegis_etl.tables.columns import Column, ColumnType, Table

_INT64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_EXACT_IN_DOUBLE = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_TYPES: Mapping[ColumnType, Any] = {
    "BIGINT": _INT64,
    "VARCHAR": str,
    "DOUBLE": _EXACT_IN_DOUBLE | float,
    "BOOLEAN": bool,
    "TIMESTAMPTZ": str,
    "DECIMAL(38,18)": Raw,
    "JSON": Raw,
    "VARCHAR[]": list[str | None],
}


def nested_columns(table: Table) -> dict[str, dict[str, Column]]:
    """The columns that come from each object nested in a table's row, by object and field."""
    nested: dict[str, dict[str, Column]] = {}
    for column in table.columns:
        if len(column.path) == 2:
            nested.setdefault(column.path[0], {})[column.path[1]] = column
    return nested


def direct_columns(table: Table) -> dict[str, Column]:
    """The columns that come from a table's row itself, by field."""
    return {column.path[0]: column for column in table.columns if len(column.path) == 1}


def _nested_struct(table: Table, name: str, columns: Mapping[str, Column]) -> type[Struct]:
    def refuse_empty(struct: Struct) -> None:
        if all(getattr(struct, field) is None for field in columns):
            raise ValueError("no column could tell this object from null")

    repeated = [field for field in table.repeats if field.startswith(f"{name}.")]
    return msgspec.defstruct(
        f"{table.name}_{name}",
        [(field.removeprefix(f"{name}."), _INT64 | None, None) for field in repeated]
        + [(field, _TYPES[column.type] | None, None) for field, column in columns.items()],
        namespace={"__post_init__": refuse_empty},
        forbid_unknown_fields=True,
        gc=False,
    )


def _row_struct(
    table: Table, children: Mapping[str, type[Struct]], *, unknown_fields: bool = False
) -> type[Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field, column in direct_columns(table).items():
        kind = Raw if column.structured else _TYPES[column.type]
        if field in ROW_KEYS[table.name]:
            fields.append((field, kind))
        else:  # Raw takes null too, and no union
            fields.append((field, kind if kind is Raw else kind | None, None))
    fields += [(name, NESTED[table.name, name] | None, None) for name in nested_columns(table)]
    fields += [(name, list[row]) for name, row in children.items()]  # type: ignore[valid-type] # made at run time
    return msgspec.defstruct(
        table.name, fields, kw_only=True, forbid_unknown_fields=not unknown_fields, gc=False
    )


NESTED: Mapping[tuple[str, str], type[Struct]] = {
    (table.name, name): _nested_struct(table, name, columns)
    for table in TABLES.values()
    for name, columns in nested_columns(table).items()
}
"""The struct of each object nested in a row, by table and field."""

ROWS: Mapping[str, type[Struct]] = {name: _row_struct(TABLES[name], {}) for name in TABLES}
"""The struct of one row of each table, its child rows left aside."""

PAYLOAD: type[Struct] = _row_struct(DATASETS, {name: ROWS[name] for name in CHILD_TABLES})
"""The struct of a whole payload: a row of ``datasets`` with its three required arrays."""

KNOWN_OF_PAYLOAD: type[Struct] = _row_struct(
    DATASETS,
    {name: _row_struct(TABLES[name], {}, unknown_fields=True) for name in CHILD_TABLES},
    unknown_fields=True,
)
"""The same, but it passes over fields of its rows that it does not know."""
