"""The SQL files of ``sql/`` and the quoting of what cannot be bound as a value."""

from functools import cache
from importlib.resources import files
from pathlib import Path


def _find_folder() -> Path:
    packaged = Path(str(files("aegis_etl"))) / "sql"
    return packaged if packaged.is_dir() else packaged.parent.parent / "sql"


SQL_FOLDER = _find_folder()
"""``sql/``: inside the package in a wheel, beside it in a checkout."""


@cache
def read_statement(name: str) -> str:
    """The text of ``sql/<name>.sql``, such as ``history/records``."""
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def list_statements(folder: str) -> list[str]:
    """The names of the SQL files in one folder of ``sql/``, in alphabetical order."""
    return sorted(f"{folder}/{path.stem}" for path in (SQL_FOLDER / folder).glob("*.sql"))


def describe_statement(sql: str) -> str:
    """The comment that opens a SQL file, as one line of text."""
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def quote_identifier(name: str) -> str:
    """A name as a DuckDB identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Text as a DuckDB literal, for the few statements that take no bound values."""
    return "'" + text.replace("'", "''") + "'"
