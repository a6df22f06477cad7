"""``sql``: asks the published warehouse, read-only."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import click

from aegis_etl.errors import QueryError

if TYPE_CHECKING:
    import duckdb

SHOWN_ROWS = 40
UNLIMITED_WIDTH = 10_000
FETCHED_AT_ONCE = 10_000


@click.command()
@click.argument("query", required=False)
@click.option("--csv", "style", flag_value="csv", help="Print CSV, all rows.")
@click.option("--json", "style", flag_value="json", help="Print a JSON array of objects, all rows.")
@click.option("--example", metavar="NAME", help="Ask a ready question; `list` names all.")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="A value for the question."
)
def sql(
    *, query: str | None, style: str | None, example: str | None, params: tuple[str, ...]
) -> int:
    """Query the published warehouse; SQL reaches no file and no network.

    Without a query, at a prompt; or from standard input, where that is no terminal.
    """
    if query is not None and example:
        raise click.UsageError("a query and --example exclude each other")
    if params and example in {None, "list"}:
        raise click.UsageError("--param gives a value to a question: name one by --example")
    if example == "list":
        _list_examples(style)
        return 0
    from aegis_etl.lake.paths import DataDir
    from aegis_etl.settings import load_settings
    from aegis_etl.warehouse.connection import open_for_reading
    from aegis_etl.warehouse.query import find_warehouse

    warehouse = find_warehouse(DataDir(load_settings().data_dir))
    values: dict[str, Any] = {}
    if example:
        query, values = _read_example(example, params)
    elif query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    with open_for_reading(warehouse) as connection:
        if query is not None:
            _answer(connection, query, style, values)
        else:
            _prompt(connection, warehouse.parent.name, style)
    return 0


def _list_examples(style: str | None) -> None:
    from aegis_etl.warehouse.mart_questions import list_questions, read_question

    rows = []
    for question in map(read_question, list_questions()):
        values = ", ".join(f"{p.name}={p.default_text}" for p in question.parameters)
        rows.append((question.name, question.description, values))
    columns = ["name", "question", "parameters"]
    if style == "json":
        _print_json(columns, iter(rows))
    elif style == "csv":
        for row in (columns, *rows):
            _print_csv_line(row)
    else:
        for name, asks, values in rows:
            click.echo(f"{name}: {asks}{f' ({values})' if values else ''}")


def _read_example(name: str, params: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    from aegis_etl.warehouse.mart_questions import read_question

    question = read_question(name)
    if unclear := [param for param in params if "=" not in param]:
        raise click.UsageError(f"--param takes NAME=VALUE, not {unclear[0]!r}")
    given = dict(param.split("=", 1) for param in params)
    return question.sql, dict(question.bind(given))


def _prompt(connection: "duckdb.DuckDBPyConnection", version: str, style: str | None) -> None:
    import readline  # noqa: F401  gives input() its history

    click.echo(f"Sync {version}, read-only. End a query with ;  Leave with Ctrl-D.")
    lines: list[str] = []
    while True:
        try:
            lines.append(input("... " if lines else "sql> "))
        except EOFError:
            click.echo()
            return
        if not lines[-1].rstrip().endswith(";"):
            continue
        try:
            _answer(connection, "\n".join(lines), style)
        except QueryError as error:
            click.echo(f"error: {error}", err=True)
        lines = []


def _answer(
    connection: "duckdb.DuckDBPyConnection",
    query: str,
    style: str | None,
    values: dict[str, Any] | None = None,
) -> None:
    import duckdb

    try:
        if style == "json":
            result = connection.execute(query, values or None)
            _print_json(_name_columns(result), _rows(result))
        elif (relation := connection.sql(query, params=values or None)) is not None:
            show = _print_csv if style == "csv" else _print_table
            show(relation)
    except duckdb.Error as error:
        first, *rest = [line for line in str(error).splitlines() if line.strip()]
        raise QueryError("\n".join([first, *rest[:1]])) from error


def _print_table(relation: "duckdb.DuckDBPyRelation") -> None:
    # Shown from the rows that were fetched: the relation itself would run the query once more, with
    # a limit, which DuckDB 2.0 does not survive for every query.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else UNLIMITED_WIDTH
    with _fetch(relation, SHOWN_ROWS + 1) as (display, rows):
        first = rows.limit(SHOWN_ROWS + 1).to_arrow_table()
        display.from_arrow(first.slice(0, SHOWN_ROWS)).show(max_width=width, max_rows=SHOWN_ROWS)
    if len(first) > SHOWN_ROWS:
        click.echo(f"the first {SHOWN_ROWS} rows; --csv and --json print all")


@contextmanager
def _fetch(
    relation: "duckdb.DuckDBPyRelation", at_once: int
) -> Iterator[tuple["duckdb.DuckDBPyConnection", "duckdb.DuckDBPyRelation"]]:
    """A connection that reads no warehouse, and in it the rows as they come."""
    import duckdb

    with duckdb.connect() as display:
        display.execute("set TimeZone = 'UTC'")
        yield display, display.from_arrow(relation.to_arrow_reader(at_once))


def _print_csv(relation: "duckdb.DuckDBPyRelation") -> None:
    """All rows as DuckDB's own CSV writer puts them, which may write to files only."""
    with _fetch(relation, FETCHED_AT_ONCE) as (_, rows):
        _print_csv_line(rows.columns)
        for batch in rows.project("columns(*)::varchar").to_arrow_reader(FETCHED_AT_ONCE):
            for texts in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                _print_csv_line(texts)


def _print_csv_line(texts: Sequence[str | None]) -> None:
    sys.stdout.write(",".join(map(_quote_for_csv, texts)) + "\n")


def _quote_for_csv(text: str | None) -> str:
    """Null is nothing, an empty text two quotes."""
    if text is None:
        return ""
    if text[:1] in {"", "#"} or any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _name_columns(result: "duckdb.DuckDBPyConnection") -> list[str]:
    """The columns' names, each once: of two ``a`` the second is ``a_1``."""
    names: list[str] = []
    for column in result.description or ():
        again = (f"{column[0]}_{number}" for number in count(1))
        names.append(next(name for name in chain([column[0]], again) if name not in names))
    return names


def _rows(result: "duckdb.DuckDBPyConnection") -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(FETCHED_AT_ONCE):
        yield from rows


def _print_json(names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    import msgspec

    separator = "["
    for row in rows:
        record = dict(zip(names, row, strict=True))
        # Unlike json's, this writes a NaN as null.
        sys.stdout.write(separator + msgspec.json.encode(record, enc_hook=str).decode())
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[" else "]\n")
