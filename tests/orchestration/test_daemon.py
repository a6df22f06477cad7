"""A real daemon launches the schedule's job, is killed in mid-sync, and starts again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg
import psutil
import pytest

from aegis_etl.sandbox import Sandbox

pytestmark = pytest.mark.long

PATIENCE_SECONDS = 600
EVERY_MINUTE = """
import dagster as dg
import aegis_etl.definitions as aegis
from aegis_etl.orchestration.job import nightly_sync

every_minute = dg.ScheduleDefinition(
    name="every_minute",
    job=nightly_sync,
    cron_schedule="* * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
defs = dg.Definitions.merge(aegis.defs, dg.Definitions(schedules=[every_minute]))
"""


def test_a_killed_night_is_published_by_the_next(
    instance: dg.DagsterInstance, environment: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    """SIGKILL of the daemon and all it started: the dead run is marked, the next run publishes."""
    module = tmp_path / "every_minute.py"
    module.write_text(EVERY_MINUTE)
    sandbox.latency_ms = 3000

    with daemon(module) as process:
        wait_until(lambda: any(environment.glob("raw/sync=*")))
        kill_tree(process.pid)
    assert not (environment / "current").exists()
    started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    [killed] = [run for run in started if "aegis_etl/sync_id" in run.tags]  # others wait for it

    sandbox.latency_ms = 0
    with daemon(module) as process:
        wait_until((environment / "current").exists)
        wait_until(
            lambda: bool(instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS])))
        )
        kill_tree(process.pid)

    run = instance.get_run_by_id(killed.run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE


@contextmanager
def daemon(module: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``dagster-daemon`` with the definitions of a file."""
    command = Path(sys.executable).with_name("dagster-daemon")
    process = subprocess.Popen(
        [command, "run", "-f", str(module)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    try:
        yield process
    finally:
        kill_tree(process.pid)
        process.wait()


def kill_tree(pid: int) -> None:
    """SIGKILLs a process and everything below it, as a lost machine does."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.send_signal(signal.SIGKILL)


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for a condition, and fails the test when it does not come."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
