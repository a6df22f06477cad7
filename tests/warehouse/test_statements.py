"""SQL lives in files that say what they are, and nothing reaches it unquoted."""

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from aegis_etl.warehouse.statements import (
    SQL_FOLDER,
    describe_statement,
    list_statements,
    quote_identifier,
    quote_text,
    read_statement,
)

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def test_every_file_opens_with_its_description() -> None:
    """The first comment of each SQL file is a sentence on what it returns or does."""
    folders = [path.name for path in SQL_FOLDER.iterdir() if path.is_dir()]
    names = [name for folder in folders for name in list_statements(folder)]
    assert len(names) > 40
    for name in names:
        assert len(describe_statement(read_statement(name))) > 20, name


@given(TEXT)
def test_quoted_text_is_that_text(text: str) -> None:
    """Whatever a literal holds, DuckDB reads it back, and nothing of it runs."""
    assert duckdb.sql(f"select {quote_text(text)} as t").fetchall() == [(text,)]


@given(TEXT.filter(bool))
def test_a_quoted_identifier_names_that_column(name: str) -> None:
    """Whatever an identifier holds, DuckDB takes it as one name."""
    assert duckdb.sql(f"select 1 as {quote_identifier(name)}").columns == [name]
