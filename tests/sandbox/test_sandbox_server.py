"""The server around the emulated API: connections, limits, log, control, a process of its own."""

import gzip
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from plain_http import PATIENCE_SECONDS, ask

from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.sandbox.ratelimit import RateLimit


@pytest.fixture
def world() -> World:
    """A few datasets."""
    return World(datasets=4, records=3, metrics=2, runs=1)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    """The few datasets, served."""
    with Sandbox(world) as served:
        yield served


def post(sandbox: Sandbox, path: str, content: Any = None) -> tuple[int, Any]:
    """Turns a wheel of the sandbox."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", urlsplit(sandbox.base_url).port, timeout=PATIENCE_SECONDS
    )
    body = None if content is None else json.dumps(content)
    try:
        connection.request("POST", path, body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_connections_are_kept_alive(sandbox: Sandbox, world: World) -> None:
    """Promise: HTTP/1.1, many requests on one connection, errors included."""
    url = urlsplit(sandbox.base_url)
    connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=PATIENCE_SECONDS)
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    ports = set()
    for path in ("/datasets", "/datasets/1", "/nowhere", f"/datasets/{world.dataset_ids()[0]}"):
        connection.request("GET", url.path + path, headers=headers)
        response = connection.getresponse()
        response.read()
        assert response.version == 11
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


def test_requests_are_served_side_by_side(sandbox: Sandbox, world: World) -> None:
    """Promise: a thread for each connection: who waits for an answer keeps nobody else waiting."""
    slow, other = world.dataset_ids()[:2]
    sandbox.faults = Faults(always={slow: "slow"}, delay=3600)
    url = urlsplit(sandbox.base_url)
    with closing(http.client.HTTPConnection("127.0.0.1", url.port)) as waiting:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        waiting.request("GET", f"{url.path}/datasets/{slow}", headers=headers)
        while not sandbox.log:
            time.sleep(0.01)
        assert ask(sandbox, f"/datasets/{other}").status == 200
        assert [served.fault for served in sandbox.log] == ["slow", None]


def test_the_log_tells_what_was_served(sandbox: Sandbox) -> None:
    """Promise: method, path below the base URL, query, status, fault, time; control is left out."""
    before = time.time()
    ask(sandbox, "/datasets?page=2")
    ask(sandbox, "/datasets", Authorization="")
    ask(sandbox, "//_sandbox/now")
    first, second = sandbox.log
    assert (first.method, first.path, first.query) == ("GET", "/datasets", "page=2")
    assert (first.status, first.fault, second.status) == (200, None, 401)
    assert before <= first.time <= second.time <= time.time()


def test_a_limit_refuses_what_is_beyond_it(world: World) -> None:
    """Promise: beyond the rate the answer is 429 with whole seconds to wait, or without."""
    for retry_after in (True, False):
        with Sandbox(world, rate_limit=1e-6, burst=5, retry_after=retry_after) as sandbox:
            answers = [ask(sandbox, "/datasets") for _ in range(8)]
            assert [answer.status for answer in answers][:5] == [200] * 5
            refused = [answer for answer in answers if answer.status == 429]
            assert len(refused) == 3
            assert {"retry-after" in answer.headers for answer in refused} == {retry_after}
            assert {served.fault for served in sandbox.log} == {None, "rate limit"}


def test_the_limit_lets_its_rate_pass_and_no_more() -> None:
    """Promise: a burst, then evenly the rate; a refused request costs nothing."""
    limit = RateLimit(10, burst=2)
    assert [limit.wait_for(0.0) for _ in range(2)] == [0.0, 0.0]
    assert limit.wait_for(0.0) == pytest.approx(0.1)
    assert limit.wait_for(0.05) == pytest.approx(0.05)
    assert limit.wait_for(0.11) == 0.0
    passed = sum(limit.wait_for(1 + step / 1000) == 0.0 for step in range(10_000))
    assert 100 <= passed <= 103
    assert limit.wait_for(60) == limit.wait_for(60) == 0.0
    assert limit.wait_for(60) > 0


def test_bodies_are_compressed_when_both_sides_want_it(world: World) -> None:
    """Promise: gzip only where switched on and accepted; the content is the same."""
    path = f"/datasets/{world.dataset_ids()[0]}"
    with Sandbox(world, gzip=True) as sandbox:
        packed = ask(sandbox, path, Accept_Encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        plain = ask(sandbox, path, Accept_Encoding="identity")
        assert gzip.decompress(packed.body) == plain.body == world.body(world.dataset_ids()[0])
    with Sandbox(world) as sandbox:
        assert "content-encoding" not in ask(sandbox, path, Accept_Encoding="gzip").headers


def test_control_lives_nights_and_sets_faults(sandbox: Sandbox, world: World) -> None:
    """Promise: another process can live nights, change a fraction, and replace the faults."""
    assert ask(sandbox, "//_sandbox/now").json == {"now": "2026-11-18T02:00:00Z", "night": 0}
    assert post(sandbox, "/_sandbox/night") == (200, {"now": "2026-11-19T02:00:00Z", "night": 1})
    assert post(sandbox, "/_sandbox/change", {"fraction": 0.5})[1]["night"] == 2
    newest = world.dataset_ids()[0]
    assert post(sandbox, "/_sandbox/faults", {"always": {str(newest): "500"}})[0] == 200
    assert ask(sandbox, f"/datasets/{newest}").status == 500
    assert post(sandbox, "/_sandbox/faults", {"times": {"/datasets": ["503", 1]}})[0] == 200
    assert [ask(sandbox, "/datasets").status for _ in range(2)] == [503, 200]
    assert sandbox.faults == Faults(times={"/datasets": ("503", 1)})


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/_sandbox/faults", {"rat": 1}, 422),
        ("/_sandbox/faults", {"always": {"*": "418"}}, 422),
        ("/_sandbox/change", {}, 422),
        ("/_sandbox/nothing", None, 404),
    ],
)
def test_control_refuses_what_it_does_not_know(
    sandbox: Sandbox, path: str, content: Any, status: int
) -> None:
    """Promise: a mistyped command is an error, not silence."""
    assert post(sandbox, path, content)[0] == status


def test_leaving_the_block_ends_kept_connections(world: World) -> None:
    """Promise: after the block the port is closed and clients' connections end."""
    with Sandbox(world) as sandbox:
        url = urlsplit(sandbox.base_url)
        connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/elsewhere")
        connection.getresponse().read()
        kept = connection.sock
    assert kept.recv(1) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        ask_at(url.port)
    with pytest.raises(RuntimeError, match="with"):
        _ = sandbox.base_url


def ask_at(port: int | None) -> None:
    """Connects to a port of this machine."""
    http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS).connect()


def test_worlds_change_while_they_are_served(sandbox: Sandbox, world: World) -> None:
    """Promise: readers and nights exclude each other: every payload served is consistent."""
    problems: list[str] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            for item in ask(sandbox, "/datasets/all-partial").json:
                answer = ask(sandbox, f"/datasets/{item['id']}")
                if answer.status == 200:
                    records = {record["id"] for record in answer.json["records"]}
                    shown = {each["record_id"] for each in answer.json["evaluations"]}
                    problems.extend(["a record is missing"] * (not shown <= records))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        world.live_night()
    ended.set()
    for reader in readers:
        reader.join()
    assert problems == []


def test_served_as_a_process_of_its_own() -> None:
    """Promise: `serve` prints where and with which key, answers, and ends well on SIGTERM."""
    program = (
        "from aegis_etl.sandbox import World, serve\n"
        "serve(World(datasets=2, records=1, runs=0), api_key='sk_test')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        told = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        url = urlsplit(told["AEGIS_BASE_URL"])
        connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=PATIENCE_SECONDS)
        headers = {"Authorization": f"Bearer {told['AEGIS_API_KEY']}"}
        connection.request("GET", f"{url.path}/datasets", headers=headers)
        assert len(json.loads(connection.getresponse().read())["items"]) == 2
        connection.close()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_importing_the_sandbox_is_cheap() -> None:
    """Promise: nothing heavy is imported for it, and nothing else of the product."""
    program = (
        "import sys; import aegis_etl.sandbox\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in"
        " {'numpy', 'pandas', 'pyarrow', 'duckdb', 'dagster', 'requests', 'click'}"
        " or name.startswith('aegis_etl.') and not name.startswith('aegis_etl.sandbox')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == ""
