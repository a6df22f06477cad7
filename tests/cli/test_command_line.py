"""The commands as a user runs them: a process, its output, its exit status."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running import Run

from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync


def test_help_needs_none_of_the_heavy_libraries() -> None:
    """``--help`` answers at once: no Dagster, pandas, pyarrow or DuckDB is imported for it."""
    code = (
        "import sys; sys.argv = ['aegis-etl', 'sync', '--help']\n"
        "from aegis_etl.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'dagster', 'pandas', 'pyarrow', 'duckdb', 'requests', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.usefixtures("environment")
def test_a_sync_ends_with_its_summary_as_json(aegis_etl: Run, world: World) -> None:
    """``sync --json`` prints one JSON object, last; exit 0 when all is complete."""
    done = aegis_etl("sync", "--json")

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["status"] == "complete"
    assert summary["datasets_listed"] == len(world.dataset_ids(dataset_type_id=1))


@pytest.mark.usefixtures("environment")
def test_a_partial_sync_exits_3_and_names_each_failed_dataset(
    aegis_etl_here: Run, world: World, sandbox: Sandbox
) -> None:
    """Published, but some datasets failed: exit 3, each with its reason."""
    failing = world.dataset_ids(dataset_type_id=1)[0]
    sandbox.faults = Faults(always={failing: "404"})

    done = aegis_etl_here("sync")

    assert done.returncode == 3
    assert f"failed: dataset {failing} (fetch)" in done.stdout


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("env", "status", "named"),
    [
        ({"AEGIS_API_KEY": ""}, 2, "AEGIS_API_KEY is not set"),
        ({"AEGIS_API_KEY": "sk_wrong"}, 1, "AEGIS_API_KEY"),
        ({"AEGIS_PAGE_SIZE": "0"}, 2, "AEGIS_PAGE_SIZE: '0' is not accepted; use"),
        ({"AEGIS_BASE_URL": "http://example.org"}, 2, "AEGIS_BASE_URL: 'http://example.org'"),
        ({"AEGIS_DATA_DIR": "/dev/null"}, 2, "AEGIS_DATA_DIR: /dev/null is no folder"),
        ({"AEGIS_DATA_DIR": "/proc/nowhere"}, 1, "/proc/nowhere cannot be written"),
    ],
)
def test_a_bad_start_is_one_clear_line(
    aegis_etl_here: Run, env: dict[str, str], status: int, named: str
) -> None:
    """A wrong key, setting or folder: one line that names it, the documented exit status."""
    done = aegis_etl_here("sync", **env)

    assert done.returncode == status
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert named in done.stderr
    assert "sk_wrong" not in done.stderr


def test_a_host_that_is_no_aegis_is_one_clear_line(
    aegis_etl_here: Run, environment: Path, sandbox: Sandbox, settings: Settings
) -> None:
    """A base URL behind which no Aegis answers: exit 1 and a line that names the setting."""
    run_sync(settings, SyncRequest(), now=datetime.now(UTC))
    published = environment.joinpath("current").readlink()

    done = aegis_etl_here("sync", AEGIS_BASE_URL=sandbox.base_url + "/nowhere")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) <= 2
    assert "AEGIS_BASE_URL" in done.stderr
    assert environment.joinpath("current").readlink() == published


@pytest.mark.usefixtures("environment")
def test_debug_adds_the_traceback(aegis_etl: Run) -> None:
    """A traceback appears with ``--debug`` only, wherever it stands."""
    assert "Traceback" not in aegis_etl("sync", AEGIS_API_KEY="").stderr
    assert "Traceback" in aegis_etl("sync", "--debug", AEGIS_API_KEY="").stderr


@pytest.mark.usefixtures("environment")
def test_plan_writes_nothing(aegis_etl_here: Run, environment: Path, world: World) -> None:
    """``plan`` tells settings, key, datasets and an estimate, and leaves no file behind."""
    done = aegis_etl_here("plan")

    listed = len(world.dataset_ids(dataset_type_id=1))
    assert done.returncode == 0, done.stderr
    assert "key: accepted" in done.stdout
    assert f"datasets: {listed} listed" in done.stdout
    assert "estimate:" in done.stdout
    assert not environment.exists()


@pytest.mark.usefixtures("environment")
def test_plan_tells_a_refused_key(aegis_etl_here: Run) -> None:
    """A key that the API refuses fails the plan as it would fail the sync."""
    done = aegis_etl_here("plan", AEGIS_API_KEY="sk_other")

    assert done.returncode == 1
    assert "AEGIS_API_KEY" in done.stderr


@pytest.mark.usefixtures("environment")
def test_before_the_first_sync_there_is_nothing_to_ask(aegis_etl_here: Run) -> None:
    """Each command that needs a warehouse says what to do first."""
    assert "run aegis-etl sync" in aegis_etl_here("status").stdout
    done = aegis_etl_here("sql", "select 1")
    assert done.returncode == 1
    assert "run aegis-etl sync" in done.stderr


def test_the_sandbox_serves_until_it_is_interrupted() -> None:
    """``sandbox`` prints what to export and answers there."""
    process = subprocess.Popen(
        [Path(sys.executable).with_name("aegis-etl"), "sandbox", "--port", "0", "--datasets", "2"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    exported = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
    process.terminate()
    process.stdout.close()

    assert exported["AEGIS_BASE_URL"].startswith("http://127.0.0.1:")
    assert exported["AEGIS_API_KEY"].startswith("sk_")
    assert process.wait(timeout=600) == 0


def test_the_demo_lives_through_its_nights(aegis_etl: Run, tmp_path: Path) -> None:
    """``demo`` needs nothing, syncs several nights and shows what can be asked.

    It refuses a folder that holds something else, and puts nothing where settings point to.
    """
    Path(".env").write_text(f"AEGIS_LAKE_URL={tmp_path / 'mine'}\nAEGIS_PAGE_SIZE=0\n")
    done = aegis_etl("demo", "--data-dir", str(tmp_path / "demo"), AEGIS_DATASET_TYPE_IDS="99")

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "mine").exists()
    assert (tmp_path / "demo" / "lake").is_dir()
    assert "Night 5" in done.stdout
    assert "forgotten_by_the_api" in done.stdout
    assert (tmp_path / "demo" / "warehouse.duckdb").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("do not delete")
    refused = aegis_etl("demo", "--data-dir", str(tmp_path / "other"))
    assert refused.returncode == 2
    assert (tmp_path / "other" / "thesis.txt").exists()
