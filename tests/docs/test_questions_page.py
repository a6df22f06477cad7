"""docs/questions.md shows every question of sql/examples/ as its file says, with its answer."""

import re
from pathlib import Path

import duckdb
import pytest

from aegis_etl.demo.questions import answer_questions, describe_questions, sync_nights
from aegis_etl.warehouse.mart_questions import read_question
from aegis_etl.warehouse.marts import build_marts
from aegis_etl.warehouse.schema import create_definitions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
FILES = {path.stem: path for path in (ROOT / "sql" / "examples").glob("*.sql")}
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, flags=re.DOTALL | re.MULTILINE))
EACH = pytest.mark.parametrize("name", sorted(FILES))


def read_comments(name: str) -> list[str]:
    """The lines of the comment that opens a question's file."""
    lines = FILES[name].read_text(encoding="utf-8").splitlines()
    opening = next(place for place, line in enumerate(lines) if not line.startswith("-- "))
    return [line.removeprefix("-- ") for line in lines[:opening]]


def read_tables(section: str) -> list[list[str]]:
    """The cells of the lines of a section's table, without Markdown's escapes."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)
    return [[re.sub(r"\\(.)", r"\1", cell).strip("`") for cell in line] for line in cells]


@pytest.fixture(scope="module")
def columns_of() -> dict[str, list[str]]:
    """The columns that each question answers with, asked of an empty warehouse."""
    found = {}
    with duckdb.connect() as connection:
        create_definitions(connection)
        build_marts(connection)
        for name in FILES:
            question = read_question(name)
            answer = connection.execute(question.sql, question.bind({}) or None)
            found[name] = [column[0] for column in answer.description]
    return found


def test_every_question_is_on_the_page() -> None:
    """Each file has one section and one line of the contents, and there is no other."""
    headings = re.findall(r"^### (\w+)$", PAGE, flags=re.MULTILINE)
    listed = re.findall(r"^\| \[`(\w+)`\]\(#\1\) \|", PAGE, flags=re.MULTILINE)

    assert sorted(headings) == sorted(FILES)
    assert listed == headings


@EACH
def test_a_question_says_what_its_file_says(name: str) -> None:
    """The plain English is the file's first comment."""
    english = " ".join(line for line in read_comments(name) if not line.startswith("param "))
    paragraph = SECTIONS[name].strip().split("\n\n")[0]

    assert re.sub(r"\\(.)", r"\1", paragraph) == english


@EACH
def test_parameters_are_those_of_the_file(name: str) -> None:
    """Name, type, default and meaning of each parameter, in order, and no other."""
    declared = [line.split(maxsplit=4) for line in read_comments(name) if line.startswith("param ")]
    expected = [
        f"- `{parameter}` ({kind}, default {default.removesuffix(':')}): {meaning}"
        for _, parameter, kind, default, meaning in declared
    ]

    assert [line for line in SECTIONS[name].splitlines() if line.startswith("- ")] == expected


@EACH
def test_the_command_asks_the_question(name: str) -> None:
    """The command names the question and gives values that its parameters take."""
    command = re.findall(r"^aegis-etl sql --example (\w+)(.*)$", SECTIONS[name], re.MULTILINE)
    assert [asked for asked, _ in command] == [name]
    given = dict(re.findall(r"--param (\w+)=(\S+)", command[0][1]))

    assert read_question(name).bind(given).keys() >= given.keys()


@EACH
def test_the_answer_has_the_columns_of_the_question(
    columns_of: dict[str, list[str]], name: str
) -> None:
    """The columns are those that the SQL gives, and there is at least one row."""
    first, _, *rows = read_tables(SECTIONS[name])

    assert rows
    if first[0]:
        assert first == columns_of[name]
    else:
        assert [row[0] for row in rows] == columns_of[name]


@pytest.mark.long
def test_the_page_is_what_the_demo_answers(tmp_path: Path) -> None:
    """Lived through again, the demo gives the page to the letter (``make docs`` writes it)."""
    assert describe_questions(answer_questions(sync_nights(tmp_path))) == PAGE
