"""The dictionary of all tables, as Markdown: what ``docs/tables.md`` holds.

``python -m aegis_etl.tables.dictionary`` prints it.
"""

from collections.abc import Iterator

from aegis_etl.tables.columns import Column, Table
from aegis_etl.tables.markdown import tabulate
from aegis_etl.tables.warehouse_tables import CURRENT_TABLES, HISTORY_TABLES, META_TABLES

INTRODUCTION = """\
# Tables

Every table and column of the warehouse, as their comments in DuckDB say. `history` holds the tables
of `main` with three more columns. All times are UTC.
"""


def describe_tables() -> str:
    """The dictionary of ``main``, ``history`` and ``meta``."""
    return "\n".join([INTRODUCTION, *_describe_all()])


def _describe_all() -> Iterator[str]:
    for name, table in CURRENT_TABLES.items():
        yield _describe(name, table)
    history = HISTORY_TABLES["datasets"]
    added = [
        column for column in history.columns if column.name not in CURRENT_TABLES["datasets"].names
    ]
    yield "## history.datasets, history.records, history.runs, history.evaluations\n"
    yield "Every version ever seen: the columns above (`evaluations` without `is_latest`), and\n"
    yield _tabulate(Table("history", "", (), tuple(added)))
    yield _describe("history.evaluated_runs", HISTORY_TABLES["evaluated_runs"])
    for name, table in META_TABLES.items():
        yield _describe(f"meta.{name}", table)


def _describe(name: str, table: Table) -> str:
    return f"## {name}\n\n{table.description}\n\n{_tabulate(table)}"


def _tabulate(table: Table) -> str:
    return tabulate(
        ["column", "type", "meaning"],
        ([f"`{column.name}`", column.type, _explain(column)] for column in table.columns),
    )


def _explain(column: Column) -> str:
    field = f" (API: `{column.api_field}`)" if column.api_field else ""
    return f"{column.description}{field}"


if __name__ == "__main__":
    print(describe_tables(), end="")
