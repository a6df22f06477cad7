"""A Superset of its own: environment, metadata, command line, server and API."""

import json
import os
import secrets
import socket
import subprocess
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# Everybody is an admin: the test needs no login.
CONFIG = """
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{home}/superset.db"
AUTH_ROLE_PUBLIC = "Admin"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""


def make_environment(folder: Path) -> Path:
    """The folder of commands of an environment with Superset, made if it is not there yet."""
    commands, done = folder / "bin", folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        install = [commands / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*install, "-r", REQUIREMENTS], check=True, timeout=1800)
        done.touch()
    return commands


@dataclass(frozen=True)
class Superset:
    """One Superset, below a folder of its own; the API answers within ``serve``."""

    commands: Path
    home: Path
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def found(self) -> None:
        """Fresh metadata, with the roles that Superset knows."""
        config = CONFIG.format(secret=secrets.token_hex(), home=self.home)
        (self.home / "superset_config.py").write_text(config, encoding="utf-8")
        self.run("db", "upgrade")
        self.run("init")

    def run(self, *arguments: str | Path) -> None:
        """One command of ``superset``."""
        done = subprocess.run(
            [self.commands / "superset", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr

    @contextmanager
    def serve(self) -> Iterator[None]:
        """The web server, as long as the block lasts."""
        with (self.home / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [self.commands / "superset", "run", "-p", str(self.port), "--with-threads"],
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
            try:
                while not _answers(f"{self.url}/health"):
                    assert process.poll() is None, (self.home / "server.log").read_text()
                    time.sleep(0.2)
                yield
            finally:
                process.kill()
                process.wait()

    def read(self, path: str) -> Any:
        """The result of a GET."""
        answer = requests.get(f"{self.url}/api/v1/{path}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def read_rows(self, form_data: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows that a chart with these parameters shows."""
        dataset_id, kind = form_data["datasource"].split("__")
        asked = {
            "datasource": {"id": int(dataset_id), "type": kind},
            "queries": [query_of(form_data)],
        }
        answer = requests.post(f"{self.url}/api/v1/chart/data", json=asked, timeout=60)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["result"][0]["data"])

    def _environment(self) -> dict[str, str]:
        config = self.home / "superset_config.py"
        return {
            **os.environ,
            "FLASK_APP": "superset",
            "SUPERSET_HOME": str(self.home),
            "SUPERSET_CONFIG_PATH": str(config),
        }


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def query_of(form_data: dict[str, Any]) -> dict[str, Any]:
    """The query that Superset's page makes of a chart's parameters."""
    filters = [
        {"col": f["subject"], "op": f["operator"], "val": f["comparator"]}
        for f in form_data["adhoc_filters"]
    ]
    query = {"filters": filters, "row_limit": form_data["row_limit"]}
    if "all_columns" in form_data:
        orderby = [json.loads(order) for order in form_data["order_by_cols"]]
        return {**query, "columns": form_data["all_columns"], "orderby": orderby}
    axis = {
        "columnType": "BASE_AXIS",
        "expressionType": "SQL",
        "label": form_data["x_axis"],
        "sqlExpression": form_data["x_axis"],
        "timeGrain": form_data.get("time_grain_sqla"),
    }
    return {**query, "columns": [axis, *form_data["groupby"]], "metrics": form_data["metrics"]}


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False
