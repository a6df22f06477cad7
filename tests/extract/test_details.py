"""Every payload fetched over a real socket: faults, order, memory, and how it ends."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from aegis_etl.api.errors import ApiDown, ClientClosed, KeyRefused, OutOfCredits
from aegis_etl.extract.details import fetch_details
from aegis_etl.sandbox import Faults

TRANSIENT = ["429", "500", "502", "503", "504", "reset", "cut", "truncated", "garbage", "html"]
PATIENCE_SECONDS = 600


def _fetch(client, ids, concurrency=4):
    return {f.dataset_id: f for f in fetch_details(client, ids, concurrency=concurrency)}


def test_each_payload_comes_as_served(world, emulate, connect):
    """Every body byte for byte, with its SHA-256 and the time, and nothing left out."""
    ids = world.dataset_ids()
    fetched = _fetch(connect(emulate()), ids)
    assert fetched.keys() == set(ids)
    for dataset_id, got in fetched.items():
        body = world.body(dataset_id)
        assert (got.status, got.http_status, got.attempts, got.error) == ("ok", 200, 1, None)
        assert got.body == body
        assert got.sha256 == hashlib.sha256(body).hexdigest()
        assert got.fetched_at.utcoffset().total_seconds() == 0


def test_nothing_to_fetch_is_no_request(emulate, connect):
    """An empty selection ends at once."""
    sandbox = emulate()
    assert _fetch(connect(sandbox), []) == {}
    assert sandbox.log == []


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_passing_fault_loses_nothing(world, emulate, connect, kind):
    """Each transient kind once for each dataset: all complete, with one try more."""
    ids = world.dataset_ids()
    faults = Faults(times=dict.fromkeys(ids, (kind, 1)), retry_after=0.01)
    fetched = _fetch(connect(emulate(faults)), ids)
    assert {f.dataset_id: f.body for f in fetched.values()} == {i: world.body(i) for i in ids}
    assert all(f.attempts >= 2 for f in fetched.values())


def test_mixed_faults_lose_nothing(world, emulate, connect):
    """A tenth of all answers broken in every way: complete, within twice the requests."""
    ids = world.dataset_ids()
    sandbox = emulate(Faults(rate=0.1, retry_after=0.01))
    fetched = _fetch(connect(sandbox), ids)
    assert {i: f.body for i, f in fetched.items()} == {i: world.body(i) for i in ids}
    assert len(sandbox.log) <= 2 * len(ids)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    {
        "500": ("failed", 500, 3),
        "reset": ("failed", None, 3),
        "truncated": ("failed", 200, 3),
        "garbage": ("failed", 200, 3),
        "html": ("failed", 200, 3),
        "404": ("missing", 404, 1),
        "422": ("failed", 422, 1),
        "403": ("failed", 403, 1),
        "redirect": ("failed", 302, 1),
        "bomb": ("failed", 200, 1),
    }.items(),
)
def test_one_bad_dataset_is_one_bad_dataset(world, emulate, connect, kind, outcome):
    """It is named with its reason, the garbage it sent is kept, and the others complete."""
    bad, *good = world.dataset_ids()
    sandbox = emulate(Faults(always={bad: kind}, bomb_mb=8))
    fetched = _fetch(connect(sandbox, max_attempts=3, max_payload_mb=2), [bad, *good])
    assert {i for i, f in fetched.items() if f.status == "ok"} == set(good)
    failed = fetched[bad]
    assert (failed.status, failed.http_status, failed.attempts) == outcome
    assert f"/datasets/{bad}" in failed.error
    assert failed.sha256 is None
    assert (failed.body is not None) == (kind in {"truncated", "garbage", "html"})


@pytest.mark.parametrize(
    ("kind", "expected"), [("401", KeyRefused), ("402", OutOfCredits), ("403", KeyRefused)]
)
def test_a_key_that_dies_stops_all(world, emulate, connect, kind, expected):
    """When the key dies midway, no further dataset is asked for."""
    sandbox = emulate()
    client = connect(sandbox)
    ids = world.dataset_ids()
    fetching = fetch_details(client, ids, concurrency=2)
    next(fetching)
    sandbox.faults = Faults(always={"*": kind})
    with pytest.raises(expected):
        list(fetching)
    _wait_for_threads()
    assert len(sandbox.log) <= 10 < len(ids)


def test_an_api_that_goes_down_stops_all(world, emulate, connect):
    """Many different datasets failing in a row end the fetch long before all are tried."""
    ids = world.dataset_ids() + list(range(10_000, 12_000))
    sandbox = emulate(Faults(always={"/datasets/*": "500"}))
    with pytest.raises(ApiDown):
        _fetch(connect(sandbox), ids)
    assert len(sandbox.log) < 300


def test_memory_follows_what_is_in_flight(world, emulate, connect):
    """While nobody takes the payloads, only a few more than the workers' are fetched."""
    sandbox = emulate()
    ids = world.dataset_ids()
    fetching = fetch_details(connect(sandbox), ids, concurrency=3)
    next(fetching)
    time.sleep(0.2)
    assert len(sandbox.log) <= 3 + 2 + 1
    assert 1 + len(list(fetching)) == len(ids)


def test_leaving_early_stops_the_workers(world, emulate, connect):
    """Closing the iterator ends waits of minutes at once, and nothing more is asked for."""
    ids = world.dataset_ids()
    sandbox = emulate(Faults(always=dict.fromkeys(ids[1:], "503-seconds"), retry_after=80_000))
    client = connect(sandbox)
    fetching = fetch_details(client, ids, concurrency=4)
    assert next(fetching).dataset_id == ids[0]
    fetching.close()
    _wait_for_threads()
    assert len(sandbox.log) <= 1 + 4
    with pytest.raises(ClientClosed):
        list(fetch_details(client, ids[:1], concurrency=1))


INTERRUPTED = """
import signal, sys
from aegis_etl.api.client import Client
from aegis_etl.extract.details import fetch_details
from aegis_etl.settings import Settings

signal.signal(signal.SIGINT, signal.default_int_handler)
for _ in fetch_details(Client(Settings(_env_file=None)), sys.argv[1:], concurrency=4):
    pass
"""


def test_ctrl_c_ends_the_fetch(world, emulate, tmp_path):
    """A process whose workers wait for a slow server ends at once when interrupted."""
    sandbox = emulate(Faults(always={"*": "slow"}, delay=3600))
    environment = {
        **os.environ,
        "AEGIS_API_KEY": sandbox.api_key,
        "AEGIS_BASE_URL": sandbox.base_url,
    }
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *map(str, world.dataset_ids())],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None and len(_arrived(sandbox)) < 4:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert "KeyboardInterrupt" in stderr


def test_workers_end_with_the_fetch(world, emulate, connect):
    """After the last payload no thread is left."""
    _fetch(connect(emulate()), world.dataset_ids(), concurrency=8)
    _wait_for_threads()


def _wait_for_threads():
    """Waits for the workers to end, far shorter than what they would wait for."""
    for thread in threading.enumerate():
        if thread.name.startswith("fetch-"):
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


def _arrived(sandbox):
    return {served.path for served in sandbox.log}


def test_payloads_are_asked_for_once(world, emulate, connect):
    """Without faults as many requests as datasets."""
    sandbox = emulate()
    ids = world.dataset_ids()
    _fetch(connect(sandbox), ids, concurrency=8)
    assert set(Counter(served.path for served in sandbox.log).values()) == {1}
    assert len(sandbox.log) == len(ids)
