"""Who is told of a bad night, over a real socket."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest

from aegis_etl.orchestration.sensors import died_runs
from aegis_etl.sandbox import Faults, Sandbox, World

RunNight = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def posts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What AEGIS_WEBHOOK_URL received."""
    received: list[dict[str, Any]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AEGIS_WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/hook")
    yield received
    server.shutdown()
    server.server_close()


def test_a_failed_night_is_posted_once(
    run_night: RunNight, sandbox: Sandbox, posts: list[dict[str, Any]]
) -> None:
    """The sync itself posts why it failed."""
    sandbox.faults = Faults(always={"*": "401"})

    run_night()

    [post] = posts
    assert "failed" in post["text"]
    assert sandbox.api_key not in json.dumps(post)


def test_a_partial_night_is_posted_with_each_failed_dataset(
    run_night: RunNight, sandbox: Sandbox, world: World, posts: list[dict[str, Any]]
) -> None:
    """A night that was published without one dataset names it."""
    failing = world.dataset_ids(dataset_type_id=1)[0]
    sandbox.faults = Faults(always={failing: "404"})

    result = run_night()

    assert result.success
    [post] = posts
    assert f"dataset {failing}" in post["text"]


def test_a_good_night_is_quiet(run_night: RunNight, posts: list[dict[str, Any]]) -> None:
    """Nothing is posted when nothing is wrong."""
    run_night()

    assert posts == []


def test_only_who_was_to_be_told_is_told(
    run_night: RunNight,
    sandbox: Sandbox,
    instance: dg.DagsterInstance,
    posts: list[dict[str, Any]],
) -> None:
    """Of a watch that fails nobody is told, by the sensor neither; of a run that died, by it."""
    sandbox.faults = Faults(always={"*": "401"})
    watch = run_night(kind="active", notify=False)

    failed = instance.get_run_by_id(watch.run_id)
    assert failed is not None
    [event] = watch.filter_events(lambda e: e.is_job_failure)
    for run in (failed, failed.with_tags({})):
        context = dg.build_run_status_sensor_context("died_runs", event, instance, run)
        died_runs(context.for_run_failure())
        assert len(posts) == (0 if run is failed else 1)
