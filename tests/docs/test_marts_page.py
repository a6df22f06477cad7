"""docs/marts.md has every column of the marts as their contract defines it."""

import csv
from pathlib import Path

import duckdb

from aegis_etl.warehouse.mart_dictionary import describe_marts
from aegis_etl.warehouse.marts import build_marts
from aegis_etl.warehouse.schema import create_definitions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "marts.md").read_text(encoding="utf-8")
CONTRACT = ROOT / "tests" / "marts" / "marts_contract.tsv"


def read_sections() -> dict[str, str]:
    """The text below each heading of the second level."""
    sections = (part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
    return {heading: text.replace("\\", "") for heading, text in sections}


def test_the_dictionary_is_that_of_the_code() -> None:
    """The page is what the declared marts say (``make docs`` writes it)."""
    assert describe_marts() == PAGE


def test_every_column_is_defined_as_in_the_contract() -> None:
    """All 232 columns, each below its mart, in order, with type and definition."""
    expected: dict[str, list[str]] = {}
    with CONTRACT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            line = f"| `{row['column']}` | {row['type']} | {row['definition']} |"
            expected.setdefault(f"marts.{row['mart']}", []).append(line)
    assert sum(map(len, expected.values())) == 232

    sections = read_sections()
    for mart, lines in expected.items():
        found = [line for line in sections[mart].splitlines() if line.startswith("| `")]
        assert found == lines, mart


def test_every_macro_is_called_as_described() -> None:
    """The macros of a warehouse are those of the page, with their parameters."""
    with duckdb.connect() as connection:
        create_definitions(connection)
        build_marts(connection)
        macros = connection.execute(
            "select function_name, parameters from duckdb_functions() where schema_name = 'marts'"
        ).fetchall()
    section = read_sections()["Macros"]

    assert section.count("\n| `marts.") == len(macros)
    for name, parameters in macros:
        assert f"| `marts.{name}({', '.join(parameters)})` |" in section
