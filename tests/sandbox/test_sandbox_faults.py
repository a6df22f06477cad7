"""Every fault, over a real socket, seen by a client that knows nothing but HTTP."""

import gzip
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from plain_http import Answer, ask

from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.sandbox.breakage import KINDS, TRANSIENT


@pytest.fixture
def world() -> World:
    """A few datasets."""
    return World(datasets=5, records=3, metrics=2, runs=1)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    """The few datasets, served."""
    with Sandbox(world) as served:
        yield served


@pytest.fixture
def dataset_id(world: World) -> int:
    """The newest dataset."""
    return world.dataset_ids()[0]


def broken(sandbox: Sandbox, dataset_id: int, kind: str, **options: Any) -> Answer:
    """The answer for a dataset that always meets this fault."""
    sandbox.faults = Faults(always={dataset_id: kind}, **options)
    return ask(sandbox, f"/datasets/{dataset_id}")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429, 500, 502, 503, 504])
def test_error_statuses(sandbox: Sandbox, dataset_id: int, status: int) -> None:
    """Promise: each status is sent, without Retry-After, the others' datasets unharmed."""
    answer = broken(sandbox, dataset_id, str(status))
    assert answer.status == status
    assert "retry-after" not in answer.headers
    other = sandbox.world.dataset_ids()[1]
    assert ask(sandbox, f"/datasets/{other}").status == 200


def test_a_proxys_error_page_is_html(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: 502 is a proxy's page, not JSON; `html` is such a page with status 200."""
    assert broken(sandbox, dataset_id, "502").headers["content-type"] == "text/html"
    answer = broken(sandbox, dataset_id, "html")
    assert answer.status == 200
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_retry_after_comes_in_every_form(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: whole seconds, a fraction, an HTTP date."""
    options = {"retry_after": 3000.0}
    assert broken(sandbox, dataset_id, "429-seconds", **options).headers["retry-after"] == "3000"
    assert broken(sandbox, dataset_id, "503-seconds", **options).headers["retry-after"] == "3000"
    assert broken(sandbox, dataset_id, "429-fraction", **options).headers["retry-after"] == "750.00"
    date = broken(sandbox, dataset_id, "429-date", **options).headers["retry-after"]
    ahead = parsedate_to_datetime(date) - datetime.now(UTC)
    assert 0 < ahead.total_seconds() <= 3000


def test_a_cut_body_is_shorter_than_announced(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: `cut` announces the whole length, sends half, and closes."""
    with pytest.raises(http.client.IncompleteRead) as caught:
        broken(sandbox, dataset_id, "cut")
    body = sandbox.world.body(dataset_id) or b""
    assert caught.value.partial == body[: len(body) // 2]


def test_a_reset_connection_is_reset(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: `reset` sends RST and not one byte."""
    with pytest.raises(ConnectionResetError):
        broken(sandbox, dataset_id, "reset")
    assert sandbox.log[-1].status == 0


@pytest.mark.parametrize("kind", ["truncated", "garbage", "html", "empty"])
def test_bodies_that_are_no_json_come_with_status_200(
    sandbox: Sandbox, dataset_id: int, kind: str
) -> None:
    """Promise: a consistent length, status 200, and no JSON."""
    answer = broken(sandbox, dataset_id, kind)
    assert answer.status == 200
    assert int(answer.headers["content-length"]) == len(answer.body)
    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.body)


@pytest.mark.parametrize(("kind", "content"), [("list", []), ("text", "x"), ("null", None)])
def test_bodies_that_are_other_json(
    sandbox: Sandbox, dataset_id: int, kind: str, content: object
) -> None:
    """Promise: JSON of another kind than documented."""
    assert broken(sandbox, dataset_id, kind).json == content


def test_payloads_that_are_not_whole(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: children missing or null, another dataset's id, values and keys of wrong types."""
    assert "records" not in broken(sandbox, dataset_id, "no-records").json
    assert broken(sandbox, dataset_id, "records-null").json["records"] is None
    assert broken(sandbox, dataset_id, "another-id").json["id"] == dataset_id + 1
    wrong = broken(sandbox, dataset_id, "wrong-types").json
    assert wrong["name"] == 5
    assert isinstance(wrong["records"][0]["prompt"], dict)
    assert wrong["evaluations"][0]["result"] == "high"
    assert wrong["evaluations"][0]["run_id"] is None


def test_a_bomb_unpacks_to_what_was_asked_for(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: a small gzip body that unpacks to valid JSON behind megabytes of blanks."""
    answer = broken(sandbox, dataset_id, "bomb", bomb_mb=16)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 1 << 20
    unpacked = gzip.decompress(answer.body)
    assert len(unpacked) > 16 << 20
    assert json.loads(unpacked)["id"] == dataset_id


def test_a_redirect_leads_to_a_place_that_logs_visitors(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: 302 with a Location; whoever follows it is seen in the log."""
    answer = broken(sandbox, dataset_id, "redirect")
    assert answer.status == 302
    assert ask(sandbox, "/" + answer.headers["location"]).status == 404
    assert sandbox.log[-1].path == "/elsewhere"


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_slow_answers_are_whole_in_the_end(sandbox: Sandbox, dataset_id: int, kind: str) -> None:
    """Promise: `slow` waits before it answers, `drip` between pieces; nothing is missing."""
    begun = time.monotonic()
    answer = broken(sandbox, dataset_id, kind, delay=0.2)
    assert time.monotonic() - begun >= 0.2
    assert answer.body == sandbox.world.body(dataset_id)


def test_first_so_many_requests_fail_then_all_is_well(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: `times` fails the first n requests of its target."""
    sandbox.faults = Faults(times={dataset_id: ("500", 2), "/datasets/all-partial": ("503", 1)})
    paths = [f"/datasets/{dataset_id}"] * 3 + ["/datasets/all-partial"] * 2
    assert [ask(sandbox, path).status for path in paths] == [500, 500, 200, 503, 200]
    assert [served.fault for served in sandbox.log] == ["500", "500", None, "503", None]


@pytest.mark.parametrize(
    ("target", "down"),
    [
        ("/datasets", {"/datasets"}),
        ("/datasets/all-partial", {"/datasets/all-partial"}),
        ("/datasets/*", {"detail"}),
        ("*", {"/datasets", "/datasets/all-partial", "detail"}),
    ],
)
def test_an_endpoint_may_be_down(
    sandbox: Sandbox, dataset_id: int, target: str, down: set[str]
) -> None:
    """Promise: a path, all details, or everything fails for ever; the rest answers."""
    sandbox.faults = Faults(always={target: "503"})
    paths = {name: name for name in ("/datasets", "/datasets/all-partial")}
    paths["detail"] = f"/datasets/{dataset_id}"
    assert {name for name, path in paths.items() if ask(sandbox, path).status == 503} == down


def test_a_rate_of_faults_is_kept_and_repeats() -> None:
    """Promise: the share of faulty responses is near the rate, and the same for one seed."""
    world = World(datasets=300, records=0, runs=0)
    outcomes = []
    for _ in range(2):
        with Sandbox(world, Faults(seed=3, rate=0.1, kinds=("429", "500", "truncated"))) as sandbox:
            for dataset_id in reversed(world.dataset_ids()) if outcomes else world.dataset_ids():
                ask(sandbox, f"/datasets/{dataset_id}")
            outcomes.append({served.path: served.fault for served in sandbox.log})
    assert outcomes[0] == outcomes[1]
    kinds = Counter(outcomes[0].values())
    assert set(kinds) == {"429", "500", "truncated", None}
    assert 0.05 < 1 - kinds[None] / len(outcomes[0]) < 0.15


def test_datasets_vanish_from_the_listings_asked_for(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: `hide` takes datasets from both listings or one, while their details answer."""

    def listed() -> tuple[bool, bool]:
        partial = {item["id"] for item in ask(sandbox, "/datasets/all-partial").json}
        page = ask(sandbox, "/datasets").json
        assert page["meta"]["total_items"] == len(page["items"])
        return dataset_id in partial, dataset_id in {item["id"] for item in page["items"]}

    assert listed() == (True, True)
    sandbox.faults = Faults(hide={dataset_id})
    assert listed() == (False, False)
    sandbox.faults = Faults(hide={dataset_id}, hide_from=("paged",))
    assert listed() == (True, False)
    sandbox.faults = Faults(hide="all", hide_from=("partial",))
    assert listed() == (False, True)
    assert ask(sandbox, f"/datasets/{dataset_id}").status == 200


@pytest.mark.parametrize("shift", ["insert", "delete"])
def test_pages_shift_while_they_are_read(sandbox: Sandbox, world: World, shift: str) -> None:
    """Promise: an insertion makes a reader meet a dataset twice, a deletion makes one be missed."""
    before = world.dataset_ids(1)
    sandbox.faults = Faults(shift=shift, shifts=1)  # type: ignore[arg-type] # one of the two
    pages = [ask(sandbox, f"/datasets?page_size=2&page={page}").json for page in (1, 2, 3)]
    seen = [item["id"] for page in pages for item in page["items"]]
    if shift == "insert":
        assert seen == [before[0], before[1], before[1], before[2], before[3], before[4]]
        assert [page["meta"]["total_items"] for page in pages] == [5, 6, 6]
    else:
        assert seen == [before[0], before[1], before[3], before[4]]
        assert [page["meta"]["total_items"] for page in pages] == [5, 4, 4]
    again = [ask(sandbox, f"/datasets?page_size=2&page={page}").json for page in (1, 2, 3)]
    assert [i["id"] for page in again for i in page["items"]] == world.dataset_ids(1)


def test_totals_may_disagree_with_the_items(sandbox: Sandbox) -> None:
    """Promise: `totals` is added to every page's total_items."""
    sandbox.faults = Faults(totals=3)
    page = ask(sandbox, "/datasets").json
    assert page["meta"]["total_items"] == len(page["items"]) + 3


def test_every_kind_is_answered_in_some_way(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: no kind harms the sandbox itself: it answers well right after."""
    for kind in KINDS:
        for path in ("/datasets", "/datasets/all-partial", f"/datasets/{dataset_id}"):
            sandbox.faults = Faults(always={"*": kind}, delay=0.01, bomb_mb=8)
            try:
                ask(sandbox, path)
            except (http.client.HTTPException, OSError):
                assert kind in {"cut", "reset"}
            assert sandbox.log[-1].fault == kind
    sandbox.faults = Faults()
    assert ask(sandbox, f"/datasets/{dataset_id}").status == 200
    assert set(TRANSIENT) < set(KINDS)


def test_unknown_kinds_are_refused() -> None:
    """Promise: a fault that does not exist is a ValueError that lists those that do."""
    with pytest.raises(ValueError, match="unknown fault '418': one of 429"):
        Faults(always={1: "418"})


def test_a_client_that_goes_away_harms_nobody(sandbox: Sandbox, dataset_id: int) -> None:
    """Promise: a connection closed by the client in the middle of an answer is no error here."""
    url = urlsplit(sandbox.base_url)
    sandbox.faults = Faults(always={dataset_id: "drip"}, delay=0.2)
    with socket.create_connection((str(url.hostname), url.port or 0)) as connection:
        target = f"{url.path}/datasets/{dataset_id}"
        key = f"Authorization: Bearer {sandbox.api_key}"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n{key}\r\n\r\n".encode())
        connection.recv(10)
    sandbox.faults = Faults()
    assert ask(sandbox, f"/datasets/{dataset_id}").status == 200
