"""Spark with two executors in processes of their own, reached over Spark Connect on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
from engine_environments import prepare_environment
from iceberg_server import KEY_ID, SECRET

START_SECONDS = 180


@dataclass(frozen=True)
class SparkServer:
    """A running server.

    Attributes:
        remote: its address, as in ``AEGIS_SPARK_REMOTE``.
    """

    remote: str
    _pid: int
    _api: str

    def count_lost(self) -> int:
        """The attempts at tasks that ended without an answer, since the server started."""
        stages = self._ask("stages")
        return sum(stage["numFailedTasks"] + stage["numKilledTasks"] for stage in stages)

    def kill_executor(self) -> None:
        """Kills an executor that has a task at hand; it is replaced, but the task is lost.

        Stopped before Spark is asked, the executor cannot end the task meanwhile.
        """
        while True:
            for executor in self._ask("executors"):
                if executor["id"] == "driver" or not executor["activeTasks"]:
                    continue
                for process in psutil.Process(self._pid).children(recursive=True):
                    if _is_executor(process, executor["id"]):
                        process.suspend()
                        time.sleep(1)
                        if self._is_busy(executor["id"]):
                            process.kill()
                            return
                        process.resume()
            time.sleep(0.05)

    def _is_busy(self, executor_id: str) -> bool:
        return any(e["id"] == executor_id and e["activeTasks"] for e in self._ask("executors"))

    def _ask(self, what: str) -> list[dict[str, Any]]:
        (application,) = requests.get(self._api, timeout=120).json()
        answer = requests.get(f"{self._api}/{application['id']}/{what}", timeout=120)
        found: list[dict[str, Any]] = answer.json()
        return found


def _is_executor(process: psutil.Process, executor_id: str) -> bool:
    with suppress(psutil.NoSuchProcess):
        command = process.cmdline()
        return "--executor-id" in command and (
            command[command.index("--executor-id") + 1] == executor_id
        )
    return False


@contextmanager
def serve_spark(folder: Path) -> Iterator[SparkServer]:
    """Runs two executors of one core, with the Python of the tests, until it is left."""
    home = next((prepare_environment("spark").parent / "lib").glob("python3*"))
    home = home / "site-packages" / "pyspark"
    port, ui = _free_port(), _free_port()
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.ui.port": ui,
        "spark.local.dir": folder,
    }
    command = [
        *(home / "bin" / "spark-submit", "--master", "local-cluster[2,1,1024]"),
        *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
        *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
        "spark-internal",
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AEGIS_")},
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder),
        "PYSPARK_PYTHON": sys.executable,
        # The executors' own way to the bucket: tasks bring no credential.
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process,
    ):
        server = SparkServer(
            f"sc://127.0.0.1:{port}", process.pid, f"http://127.0.0.1:{ui}/api/v1/applications"
        )
        try:
            _wait_until_ready(server, process, folder / "server.log")
            yield server
        finally:
            executors = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(60)
            for executor in executors:
                with suppress(psutil.NoSuchProcess):
                    executor.kill()


def _wait_until_ready(server: SparkServer, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(requests.RequestException, ValueError):
            if len(server._ask("executors")) == 3 and "Connect server started" in log.read_text():
                return
        time.sleep(0.5)
    raise RuntimeError("Spark did not start: " + log.read_text()[-2000:])


def find_java() -> str | None:
    """The Java that Spark would run on."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin" if home else None)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
