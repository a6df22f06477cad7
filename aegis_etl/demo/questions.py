"""Every question of ``sql/examples/`` with its answer on the demo: ``docs/questions.md``.

``python -m aegis_etl.demo.questions`` lives through the demo's nights and prints it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from aegis_etl.demo.nights import found_world, live_nights
from aegis_etl.demo.question_notes import INTRODUCTION, SECTIONS, Shown
from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Sandbox
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.tables.markdown import escape_text, tabulate
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.mart_questions import Question, read_question

LAST_NIGHT = date(2026, 11, 24)
"""The day on which the page's demo ran: a fixed one, so that the page is the same each time."""

MOST_ROWS = 10
FIRST_ROWS = 6
FIRST_UPRIGHT = 2
CELL_LENGTH = 80
UPRIGHT_LENGTH = 160


class Answer(NamedTuple):
    """The rows that answer a question."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def sync_nights(data_dir: Path) -> Path:
    """Syncs every night of the demo; the published warehouse."""
    with Sandbox(found_world(LAST_NIGHT)) as sandbox:
        settings = Settings.model_validate(
            {"api_key": sandbox.api_key, "base_url": sandbox.base_url, "data_dir": data_dir}
        )
        for night in live_nights(sandbox):
            run_sync(settings, SyncRequest(), now=night.at)
    return DataDir(data_dir).warehouse


def answer_questions(warehouse: Path) -> dict[str, Answer]:
    """The answer to each question, given the values that the page shows it with."""
    answers = {}
    with open_for_reading(warehouse) as connection:
        for section in SECTIONS.values():
            for name, shown in section.items():
                question = read_question(name)
                found = connection.execute(question.sql, question.bind(shown.given) or None)
                columns = [column[0] for column in found.description or ()]
                answers[name] = Answer(columns, found.fetchall())
    return answers


def describe_questions(answers: Mapping[str, Answer]) -> str:
    """The page: contents, then each question with parameters, command and answer."""
    questions = {name: read_question(name) for section in SECTIONS.values() for name in section}
    contents = tabulate(
        ["question", "asks"],
        (
            [f"[`{name}`](#{name})", escape_text(question.description.partition("?")[0] + "?")]
            for name, question in questions.items()
        ),
    )
    parts = [INTRODUCTION.format(night=f"{LAST_NIGHT:%d %B %Y}") + contents]
    for title, section in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [
            _describe(questions[name], answers[name], shown) for name, shown in section.items()
        ]
    return "\n".join(parts)


def _describe(question: Question, answer: Answer, shown: Shown) -> str:
    given = "".join(f" --param {name}={value}" for name, value in shown.given.items())
    parameters = "".join(
        f"- `{p.name}` ({p.type}, default {p.default_text}): {p.meaning}\n"
        for p in question.parameters
    )
    parts = (
        f"### {question.name}\n",
        f"{escape_text(question.description)}\n",
        parameters,
        f"```sh\naegis-etl sql --example {question.name}{given}\n```\n",
        _lay_out(answer),
        shown.note and f"{shown.note}\n",
    )
    return "\n".join(part for part in parts if part)


def _lay_out(answer: Answer) -> str:
    """A table with a line a row; where texts are long, with a line a column."""
    is_upright = any(len(_write(value)) > CELL_LENGTH for row in answer.rows for value in row)
    if is_upright:
        shown = answer.rows[:FIRST_UPRIGHT]
        table = _stand_upright(answer.columns, shown)
    else:
        shown = answer.rows if len(answer.rows) <= MOST_ROWS else answer.rows[:FIRST_ROWS]
        table = _lay_flat(answer.columns, shown)
    hidden = len(answer.rows) - len(shown)
    return f"{table}\n… and {hidden} more rows.\n" if hidden else table


def _stand_upright(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    cells = ([_format(value, UPRIGHT_LENGTH) for value in row] for row in rows)
    lines = ([f"`{name}`", *values] for name, *values in zip(columns, *cells, strict=True))
    return tabulate(["", *(f"row {n}" for n in range(1, len(rows) + 1))], lines)


def _lay_flat(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    numbers = [
        name
        for place, name in enumerate(columns)
        if all(isinstance(row[place], int | float | Decimal | None) for row in rows)
    ]
    lines = ([_format(value, CELL_LENGTH) for value in row] for row in rows)
    return tabulate(columns, lines, right=numbers)


def _format(value: object, length: int) -> str:
    text = " ".join(_write(value).split())
    if len(text) > length:
        half = length // 2
        text = f"{text[:half].rsplit(' ', 1)[0]} … {text[-half:].split(' ', 1)[-1]}"
    return escape_text(text)


def _write(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def _print_page() -> None:
    with TemporaryDirectory() as folder:
        print(describe_questions(answer_questions(sync_nights(Path(folder)))), end="")


if __name__ == "__main__":
    _print_page()
