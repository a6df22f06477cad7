"""Older DuckDB clients read what is published: BI drivers lag behind."""

import json
import subprocess
import venv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.warehouse.mart_questions import list_questions, read_question

pytestmark = pytest.mark.long

ASK = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
names = connection.execute(
    "select table_schema || '.' || table_name from information_schema.tables"
).fetchall()
counts = {n: connection.execute(f"select count(*) from {n}").fetchone()[0] for (n,) in names}
counts["as_of"] = connection.execute(
    "select count(*) from evaluations_as_of(timestamptz '2100-01-01')"
).fetchone()[0]
for name, (sql, values) in json.load(sys.stdin).items():
    counts[name] = len(connection.execute(sql, values or None).fetchall())
print(json.dumps(counts))
"""


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


@pytest.mark.parametrize("version", ["1.3.2", "1.4.4", "1.5.5"])
def test_an_older_client_reads_every_relation(
    warehouse: Path, version: str, tmp_path: Path
) -> None:
    """A client of that version opens the file, reads every table and answers every question."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*install, f"duckdb=={version}", "pytz"], check=True, timeout=300)
    questions = {
        question.name: (question.sql, dict(question.bind({})))
        for question in map(read_question, list_questions())
    }

    done = subprocess.run(
        [python, "-c", ASK, str(warehouse)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["main.evaluations"] > 0
    assert counts["as_of"] == counts["main.evaluations"]
