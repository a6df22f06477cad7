"""Rows read of many payloads -> one Arrow table each, and how every field came."""

from collections.abc import Callable, Sequence
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.arrays import (
    BUILDERS,
    booleans,
    decimals,
    decode_strings,
    integers,
    json_texts,
    strings,
    structured_texts,
)
from aegis_etl.tables.columns import Column, Table
from aegis_etl.tables.drift import FieldShape, merge_shapes
from aegis_etl.tables.payload import PayloadRows


def build_tables(reads: Sequence[PayloadRows]) -> tuple[dict[str, pa.Table], list[FieldShape]]:
    """The flat tables of a batch, rows in the payloads' order, and the shape of their fields.

    Raises:
        InexactError: a column cannot hold one of its values.
    """
    tables: dict[str, pa.Table] = {}
    shapes: list[FieldShape] = []
    for table in TABLES.values():
        arrays, came = _build_columns(table, reads)
        tables[table.name] = pa.Table.from_arrays(
            [arrays[column.name] for column in table.columns], schema=table.arrow_schema
        )
        shapes += [
            FieldShape(table=table.name, field=field, types=types) for field, types in came.items()
        ]
    odd = [shape for read in reads for shape in _odd_shapes(read, shapes)]
    return tables, [
        FieldShape(table=s.table, field=s.field, types={k: n for k, n in s.types.items() if n})
        for s in merge_shapes(shapes + odd)
    ]


def _build_columns(
    table: Table, reads: Sequence[PayloadRows]
) -> tuple[dict[str, pa.Array], dict[str, dict[str, int]]]:
    """A table's arrays by column, and rows by JSON type by API field."""
    rows = list(chain.from_iterable(read.rows.get(table.name, ()) for read in reads))
    arrays: dict[str, pa.Array] = {}
    came: dict[str, dict[str, int]] = {}
    for column in table.columns:
        if column.api_field is not None:
            built, types = _build_column(column, _values_at(rows, column.path))
            arrays |= built
            came[column.api_field] = types
    if table.name == "datasets":
        arrays["is_shared"] = booleans(_repeated(table, reads, lambda read: read.payload.is_shared))
    else:
        arrays["dataset_id"] = integers(
            _repeated(table, reads, lambda read: read.payload.dataset_id)
        )
    arrays["_extra"] = _extras(table, reads, len(rows))
    return arrays, came


def _build_column(column: Column, values: list[Any]) -> tuple[dict[str, pa.Array], dict[str, int]]:
    """The arrays of a column and its companion by name, and rows by JSON type."""
    if column.structured:
        array, kinds = structured_texts(values)
        types = {e["values"] or "null": e["counts"] for e in kinds.value_counts().to_pylist()}
        return {column.name: array, f"{column.name}_type": kinds}, types
    if values and values[0] is None and values.count(None) == len(values):
        return {column.name: pa.nulls(len(values), column.arrow_type)}, {"null": len(values)}
    if column.type == "DECIMAL(38,18)":
        array, types = _build_decimals(values)
    else:
        array = BUILDERS[column.type](values)
        types = {column.json_types[0]: len(array) - array.null_count}
    return {column.name: array}, {**types, "null": array.null_count}


def _build_decimals(values: list[Any]) -> tuple[pa.Array, dict[str, int]]:
    if (numerics := decode_strings(values)) is not None:
        array = decimals(strings(numerics))
        return array, {"string": len(array) - array.null_count}
    texts = json_texts(values)
    array = decimals(pc.ascii_trim(texts, '"'))
    quoted = pc.sum(pc.starts_with(texts, '"')).as_py() or 0
    return array, {"string": quoted, "number": len(array) - array.null_count - quoted}


def _values_at(rows: list[Any], path: tuple[str, ...]) -> list[Any]:
    values = list(map(attrgetter(path[0]), rows))
    for name in path[1:]:
        values = [None if value is None else getattr(value, name) for value in values]
    return values


def _repeated(
    table: Table, reads: Sequence[PayloadRows], value_of: Callable[[PayloadRows], Any]
) -> list[Any]:
    """What is true of a whole payload, for each of its rows."""
    return list(
        chain.from_iterable(
            repeat(value_of(read), len(read.rows.get(table.name, ()))) for read in reads
        )
    )


def _extras(table: Table, reads: Sequence[PayloadRows], rows: int) -> pa.Array:
    if not any(table.name in read.extras for read in reads):
        return pa.nulls(rows, pa.string())
    return strings(
        list(
            chain.from_iterable(
                read.extras.get(table.name) or repeat(None, len(read.rows.get(table.name, ())))
                for read in reads
            )
        )
    )


def _odd_shapes(read: PayloadRows, shapes: Sequence[FieldShape]) -> list[FieldShape]:
    """What the columns do not show: of a column's field they counted a null instead."""
    of_columns = {(shape.table, shape.field) for shape in shapes}
    return [
        FieldShape(
            table=table,
            field=field,
            types={kind: rows, "null": -rows} if (table, field) in of_columns else {kind: rows},
        )
        for (table, field, kind), rows in read.odd_types.items()
    ]
