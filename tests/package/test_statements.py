"""SQL lives in files that say what they are, and nothing reaches it unquoted."""

import duckdb
import pytest

from aegis_etl.statements import (
    SQL_FOLDER,
    describe_statement,
    list_statements,
    quote_identifier,
    quote_text,
    read_statement,
)

HOSTILE = [
    "plain",
    "it's",
    "''",
    'double " quotes ""',
    "'; drop table records; --",
    "line\nend\t\\",
    "$1 $name ? {brace} %s",
    "/* comment */ -- comment",
    "emoji 😀 and \u202eright-to-left",
    "E'\\x00'",
]


def test_every_file_opens_with_its_description() -> None:
    """The first comment of each SQL file is a sentence on what it returns or does."""
    folders = [path.name for path in SQL_FOLDER.iterdir() if path.is_dir()]
    names = [name for folder in folders for name in list_statements(folder)]
    assert len(names) > 40
    for name in names:
        assert len(describe_statement(read_statement(name))) > 20, name


@pytest.mark.parametrize("text", HOSTILE)
def test_quoted_text_is_that_text(text: str) -> None:
    """Whatever a literal holds, DuckDB reads it back, and nothing of it runs."""
    with duckdb.connect() as connection:
        assert connection.execute(f"select {quote_text(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_quoted_identifier_names_that_column(name: str) -> None:
    """Whatever an identifier holds, DuckDB takes it as one name."""
    with duckdb.connect() as connection:
        named = connection.execute(f"select 1 as {quote_identifier(name)}")
        assert [column[0] for column in named.description] == [name]
