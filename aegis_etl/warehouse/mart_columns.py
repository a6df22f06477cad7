"""What every mart and every column of a mart means, kept once in ``sql/marts/``.

A mart's description opens its SQL file. Its columns, in order, stand in ``columns.tsv``: a column
of the same name means the same in every mart, so its definition stands at its first mention only.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from aegis_etl.statements import SQL_FOLDER


class MartColumn(NamedTuple):
    """One column of one mart: its name, DuckDB type and definition."""

    name: str
    type: str
    definition: str


@cache
def read_mart_columns() -> Mapping[str, tuple[MartColumn, ...]]:
    """The columns of every mart, in order, by the mart's name (``sql/marts/columns.tsv``)."""
    definitions: dict[str, str] = {}
    columns = defaultdict(list)
    with (SQL_FOLDER / "marts" / "columns.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            definition = definitions.setdefault(row["column"], row["definition"])
            columns[row["mart"]].append(MartColumn(row["column"], row["type"], definition))
    return {mart: tuple(of_mart) for mart, of_mart in columns.items()}
