"""README and docs say what the code does: names, defaults, tables, commands, links."""

import re
from pathlib import Path

import click
import duckdb
import pytest

from aegis_etl.cli.main import cli
from aegis_etl.settings import Settings
from aegis_etl.tables.dictionary import describe_tables
from aegis_etl.tables.warehouse_tables import CURRENT_TABLES, HISTORY_TABLES, META_TABLES
from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.mart_questions import list_questions
from aegis_etl.warehouse.marts import build_marts
from aegis_etl.warehouse.schema import create_definitions

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def read_table(heading: str) -> dict[str, list[str]]:
    """The rows of the Markdown table below a heading, by their first cell."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows[2:]}


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    """The settings table names each setting once, with the default and meaning of the code."""
    documented = read_table("Settings")
    fields = {f"`{field.validation_alias}`": field for field in Settings.model_fields.values()}

    assert set(documented) == set(fields)
    for name, field in fields.items():
        default, meaning = documented[name]
        if field.default not in (None, (), False):
            assert str(field.default) in default.replace("./data", "data"), name
        words = set(re.findall(r"\w+", (field.description or "").split(";")[0].lower()))
        assert len(words & set(re.findall(r"\w+", meaning.lower()))) >= len(words) / 2, name


def test_every_command_and_its_options_are_documented() -> None:
    """The commands table names each command, and each option of it that it names exists."""
    documented = {
        name.split()[0].strip("`"): cells[0] for name, cells in read_table("Commands").items()
    }

    assert set(documented) == set(cli.commands)
    for name, text in documented.items():
        options = {o for p in cli.commands[name].params for o in p.opts}
        assert set(re.findall(r"--[a-z-]+", text)) <= options, name


def test_every_table_is_documented() -> None:
    """The tables section names each table of main, history and meta."""
    section = README.split("## Tables\n", 1)[1]
    names = [
        *CURRENT_TABLES,
        "history.datasets",
        "history.evaluations",
        "history.evaluated_runs",
        *(f"meta.{name}" for name in META_TABLES if name != "metric_names"),
    ]
    assert "evaluated_runs" in HISTORY_TABLES
    for name in names:
        assert f"`{name}`" in section, name


def test_the_dictionary_is_that_of_the_code() -> None:
    """docs/tables.md is what the declared tables say (``make docs`` writes it)."""
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == describe_tables()


@pytest.mark.parametrize("page", sorted(p.name for p in (ROOT / "docs").glob("*.md")))
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    """Every relative link of a page of docs/ names a file."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link


def test_links_of_the_readme_lead_somewhere() -> None:
    """Every relative link and picture of the README names a file."""
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


def test_every_page_is_linked() -> None:
    """The README leads to every page of docs/."""
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in README, page.name


def test_every_mart_is_named() -> None:
    """The tables section names each mart, and no other."""
    section = README.split("## Tables\n", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"^\| `marts\.(\w+)` · `marts\.(\w+)` \|", section, flags=re.MULTILINE))

    assert {mart for pair in named for mart in pair} == set(read_mart_columns())


def test_the_queries_of_the_readme_run() -> None:
    """Each query and ready question that the README shows can be asked."""
    examples = re.findall(r"aegis-etl sql --example (\w+)", README)
    queries = re.findall(r'aegis-etl sql "([^"…]+)"', README)
    assert examples
    assert queries

    with duckdb.connect() as connection:
        create_definitions(connection)
        build_marts(connection)
        for query in queries:
            connection.execute(query)
    assert set(examples) <= set(list_questions())


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    """The make targets that the README names exist."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_each_command_has_help() -> None:
    """Every command and option says what it does."""
    for name, command in cli.commands.items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name not in {
                "file_format",
                "shape",
            }:
                assert parameter.help, f"{name} {parameter.name}"
