"""What a column and a table are: the vocabulary in which every table of the product is declared.

Arrow schemas, DuckDB DDL, comments and the README's dictionary derive from these declarations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import pyarrow as pa

ColumnType = Literal[
    "BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "DECIMAL(38,18)", "JSON", "VARCHAR[]"
]
JsonType = Literal["null", "boolean", "number", "string", "array", "object"]

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
    "DECIMAL(38,18)": pa.decimal128(38, 18),
    "JSON": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
}

_JSON_TYPES: dict[ColumnType, tuple[JsonType, ...]] = {
    "BIGINT": ("number",),
    "VARCHAR": ("string",),
    "DOUBLE": ("number",),
    "BOOLEAN": ("boolean",),
    "TIMESTAMPTZ": ("string",),
    "DECIMAL(38,18)": ("string", "number"),
    "JSON": ("object",),
    "VARCHAR[]": ("array",),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, type and meaning, and the API field that fills it.

    Attributes:
        type: the DuckDB type.
        api_field: the API field, dotted where the API nests it (``user.id``); None where the value
            comes from elsewhere (the parent, the listing, the sync).
        structured: text that the API sends as a string, an object or an array; a column
            ``<name>_type`` says which (contract: *Text that may be structured*).
    """

    name: str
    type: ColumnType
    description: str
    api_field: str | None = None
    structured: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The API field's steps from the row's object; empty when no field fills the column."""
        return tuple(self.api_field.split(".")) if self.api_field else ()

    @property
    def arrow_type(self) -> pa.DataType:
        """The column's type in Arrow and Parquet."""
        return ARROW_TYPES[self.type]

    @cached_property
    def json_types(self) -> tuple[JsonType, ...]:
        """The JSON types that the column takes, besides ``null``."""
        return ("string", "object", "array") if self.structured else _JSON_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, and the columns that tell its rows apart.

    Attributes:
        repeats: API fields that only repeat a column of the row: field to the column's name. They
            have no column of their own; one that says otherwise goes to ``_extra``.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    repeats: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The table's schema in Arrow and Parquet."""
        return pa.schema([(column.name, column.arrow_type) for column in self.columns])

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")
