"""What one request promises, over real sockets: retries, limits, exactness, an end."""

import gzip
import socket
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime

import pytest
from scripted_api import STARTED, Reply, always, in_turn
from scripted_faults import FINAL, GOOD, HTML, TRANSIENT

from aegis_etl.api.bodies import check_json
from aegis_etl.api.client import Traffic
from aegis_etl.api.errors import (
    ApiDown,
    ClientClosed,
    NotFound,
    NotUsable,
    PayloadTooLarge,
    PushedBack,
    ServerFailed,
    Unreachable,
)

PATIENCE_SECONDS = 600


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_transient_fault_is_tried_again(serve, connect, kind):
    """Each transient kind of fault costs another try, not the answer."""
    api = serve(in_turn(TRANSIENT[kind][0], GOOD))
    answer = connect(api).get("/datasets/1", check_json)
    assert (answer.content, answer.attempts, len(api.asked)) == (GOOD.body, 2, 2)


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_lasting_fault_ends_after_the_attempts(serve, connect, kind):
    """A request is sent AEGIS_MAX_ATTEMPTS times, and the error says how often and why."""
    reply, expected = TRANSIENT[kind]
    api = serve(always(reply))
    with pytest.raises(expected) as caught:
        connect(api, max_attempts=4).get("/datasets/1", check_json)
    assert len(api.asked) == caught.value.attempts == 4
    assert caught.value.http_status == (None if expected is Unreachable else reply.status)
    assert caught.value.body == (reply.body if expected is NotUsable else None)
    assert len(str(caught.value).splitlines()) <= 2


@pytest.mark.parametrize("status", FINAL)
def test_a_refusal_is_not_tried_again(serve, connect, status):
    """401, 402, 403, 404, 422 and redirects are final at once."""
    api = serve(always(Reply(status, b'{"detail": "no"}', {"Location": "/api/v1/elsewhere"})))
    with pytest.raises(FINAL[status]) as caught:
        connect(api).get("/datasets/1", check_json)
    assert api.paths() == ["/datasets/1"]
    assert (caught.value.http_status, caught.value.attempts) == (status, 1)


def test_backoff_grows_and_is_jittered(serve, connect, clock):
    """Between two tries lies a random part of 0.5, 1, 2, 4, 8 seconds; here half of each."""
    with pytest.raises(ServerFailed):
        connect(serve(always(Reply(500)))).get("/datasets/1", check_json)
    assert clock.slept == [0.25, 0.5, 1, 2, 4]


def test_a_429_uses_up_no_attempt(serve, connect):
    """Ten 429 in a row, twice, and one 500 leave one of two attempts."""
    api = serve(in_turn(*[Reply(429)] * 10, Reply(500), *[Reply(429)] * 10, GOOD))
    answer = connect(api, max_attempts=2).get("/datasets/1", check_json)
    assert (answer.content, answer.attempts) == (GOOD.body, 22)


def test_a_quarter_of_an_hour_of_429_is_enough(serve, connect, clock):
    """15 minutes of nothing but 429 use up the request."""
    api = serve(always(Reply(429, headers={"Retry-After": "60"})))
    with pytest.raises(PushedBack) as caught:
        connect(api).get("/datasets/1", check_json)
    assert 15 * 60 <= sum(clock.slept) < 18 * 60
    assert caught.value.http_status == 429


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "asked",
    [
        ("7", 7),
        ("0.25", 0.25),
        (format_datetime(STARTED + timedelta(seconds=90), usegmt=True), 90),
        ("86400", 15 * 60),
    ],
    ids=lambda asked: asked[0],
)
def test_retry_after_is_honoured(serve, connect, clock, status, asked):
    """Seconds, fractions and dates are waited for, 15 minutes at most."""
    value, seconds = asked
    api = serve(in_turn(Reply(status, headers={"Retry-After": value}), GOOD))
    connect(api).get("/datasets/1", check_json)
    assert sum(clock.slept) == pytest.approx(seconds)


@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "gzip bomb"])
def test_a_body_beyond_the_limit_fails_without_retry(serve, connect, packed):
    """More than AEGIS_MAX_PAYLOAD_MB, unpacked, is refused at once, and never held in memory."""
    body = b'"' + b"a" * 30_000_000 + b'"'
    reply = (
        Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
        if packed
        else Reply(body=body)
    )
    api = serve(always(reply))
    client = connect(api, max_payload_mb=2)
    tracemalloc.start()
    with pytest.raises(PayloadTooLarge, match="AEGIS_MAX_PAYLOAD_MB") as caught:
        client.get("/datasets/1", check_json)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(api.asked), caught.value.attempts, caught.value.http_status) == (1, 1, 200)
    assert peak < 10_000_000


def test_a_body_of_just_the_limit_is_taken(serve, connect):
    """The limit itself is no excess."""
    body = b'"' + b"a" * 999_998 + b'"'
    assert (
        connect(serve(always(Reply(body=body))), max_payload_mb=1)
        .get("/datasets/1", check_json)
        .content
        == body
    )


def test_gzip_is_unpacked_and_a_cut_one_tried_again(serve, connect):
    """What is landed is the unpacked body, and half a gzip stream is no body."""
    packed = gzip.compress(GOOD.body * 1)
    headers = {"Content-Encoding": "gzip"}
    api = serve(
        in_turn(Reply(body=packed[:-12], headers=headers), Reply(body=packed, headers=headers))
    )
    answer = connect(api).get("/datasets/1", check_json)
    assert (answer.content, answer.attempts) == (GOOD.body, 2)
    assert api.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "body",
    [
        rb'{"name": "\ud800"}',
        b'{"result": NaN, "threshold": -Infinity}',
        b'{"result": 1e999}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b"[" * 50_000 + b"]" * 50_000,
    ],
    ids=["lone surrogate", "NaN", "1e999", "5000 digits", "deep"],
)
def test_json_as_real_servers_send_it_is_taken(serve, connect, body):
    """What Python's parser takes, and what is too deep for it, is not asked for again."""
    api = serve(always(Reply(body=body)))
    assert connect(api).get("/datasets/1", check_json).content == body
    assert len(api.asked) == 1


def test_connections_are_kept(serve, connect):
    """Twelve requests, errors with bodies among them, share one connection."""
    api = serve(in_turn(GOOD, Reply(404, b'{"detail": "x"}'), Reply(500, HTML), GOOD))
    client = connect(api)
    for number in range(11):
        try:
            client.get(f"/datasets/{number}", check_json)
        except NotFound:
            continue
    assert len(api.asked) == 12
    assert len({asked.connection for asked in api.asked}) == 1


def test_no_more_requests_in_flight_than_allowed(serve, connect):
    """AEGIS_MAX_CONCURRENCY bounds all threads together."""
    three = threading.Barrier(3)

    def wait_for_three(_):
        three.wait(PATIENCE_SECONDS)
        time.sleep(0.02)  # in which a fourth could come
        return GOOD

    api = serve(wait_for_three)
    client = connect(api, max_concurrency=3)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda i: client.get(f"/datasets/{i}", check_json), range(36)))
    assert api.most_in_flight == 3


def test_a_silent_server_is_given_up(serve, connect):
    """AEGIS_TIMEOUT_SECONDS bounds the wait for an answer; the next try may bring it."""
    ended = threading.Event()
    api = serve(in_turn(Reply(after=ended), GOOD))
    client = connect(api, timeout_seconds=0.2, max_attempts=20)
    answer = client.get("/datasets/1", check_json)
    ended.set()
    assert answer.content == GOOD.body
    assert answer.attempts >= 2


def test_an_unreachable_host_is_one_clear_line(serve, connect):
    """Nobody listening: one line that says so and names the setting."""
    api = serve(always(GOOD))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # so that nobody else can listen there
        api.base_url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1"
        with pytest.raises(Unreachable) as caught:
            connect(api).get("/datasets", check_json)
    assert "onnection refused" in str(caught.value)
    assert "AEGIS_BASE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_closing_ends_every_wait(serve, connect):
    """Whoever waits for a Retry-After of ten minutes is free at once, and asks no more."""
    api = serve(always(Reply(429, headers={"Retry-After": "600"})))
    client = connect(api, real_time=True, max_concurrency=1)
    caught = []

    def ask():
        try:
            client.get("/datasets/1", check_json)
        except ClientClosed as error:
            caught.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not api.asked:
        time.sleep(0.01)
    client.close()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(caught) == 4
    assert len(api.asked) == 1


def test_an_api_that_is_down_is_noticed(serve, connect):
    """25 different requests given up in a row are an outage; the rest is not asked for."""
    client = connect(serve(always(Reply(500))), max_attempts=2)
    for number in range(24):
        with pytest.raises(ServerFailed):
            client.get(f"/datasets/{number}", check_json)
    with pytest.raises(ApiDown, match="25 different"):
        client.get("/datasets/24", check_json)


def test_one_bad_dataset_is_no_outage(serve, connect):
    """A hundred requests for one failing path, or failures between successes, stop nothing."""
    api = serve(lambda asked: GOOD if asked.path == "/datasets/2" else Reply(500))
    client = connect(api, max_attempts=2)
    for number in range(100):
        with pytest.raises(ServerFailed):
            client.get("/datasets/1", check_json)
        with pytest.raises(ServerFailed):
            client.get(f"/datasets/{number + 10}", check_json)
        if number % 20 == 0:
            client.get("/datasets/2", check_json)


def test_traffic_is_counted(serve, connect):
    """Requests, retries among them, and the unpacked bytes of all bodies."""
    client = connect(serve(in_turn(Reply(500, b"12345"), GOOD)))
    client.get("/datasets/1", check_json)
    client.get("/datasets/2", check_json)
    assert client.traffic == Traffic(requests=3, retries=1, bytes_received=5 + 2 * len(GOOD.body))
