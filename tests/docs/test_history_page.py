"""The worked questions of docs/history.md answer, on a warehouse with some nights in it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.warehouse.connection import open_for_reading

PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"## ([^\n]+)\n(?:(?!## ).)*?```sql\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of three nights."""
    data_dir = tmp_path_factory.mktemp("nights")
    world = World(datasets=12, records=10, metrics=3, runs=2)
    with Sandbox(world) as sandbox:
        settings = Settings(
            _env_file=None, api_key=sandbox.api_key, base_url=sandbox.base_url, data_dir=data_dir
        )
        now = datetime.now(UTC) - timedelta(days=10)
        for night in range(3):
            run_sync(settings, SyncRequest(), now=now + timedelta(days=night))
            world.live_night()
    return data_dir / "warehouse.duckdb"


@pytest.mark.parametrize(("title", "question"), QUESTIONS, ids=[title for title, _ in QUESTIONS])
def test_a_worked_question_answers(warehouse: Path, title: str, question: str) -> None:
    """Each question of the page runs as it stands and has an answer."""
    with open_for_reading(warehouse) as connection:
        rows = connection.execute(question).fetchall()

    assert rows, title


def test_every_question_of_the_page_is_run() -> None:
    """The page has five questions with SQL."""
    assert len(QUESTIONS) == 5
