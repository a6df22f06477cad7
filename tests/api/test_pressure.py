"""The pace against limiters of many kinds, in made-up time; once in real time on a socket."""

import heapq
import itertools
import random
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_api import Reply, always

from aegis_etl.api.bodies import check_json
from aegis_etl.api.pressure import Pace

LIMIT = 20
REQUESTS = 300
WORKERS = 8


class Bucket:
    """Refills with time, up to a capacity."""

    def __init__(self, capacity: float) -> None:
        self._capacity = self._left = capacity
        self._at = 0.0

    def refuse(self, now: float) -> float | None:
        """None, or the seconds until one is left again."""
        self._left = min(self._capacity, self._left + (now - self._at) * LIMIT)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return None
        return (1 - self._left) / LIMIT


class FixedWindow:
    """Grants so many in each second of the clock."""

    def __init__(self) -> None:
        self._window, self._count = -1, 0

    def refuse(self, now: float) -> float | None:
        """None, or the seconds until the next window."""
        if int(now) != self._window:
            self._window, self._count = int(now), 0
        self._count += 1
        return None if self._count <= LIMIT else int(now) + 1 - now


class SlidingWindow:
    """Grants so many in any one second."""

    def __init__(self) -> None:
        self._granted: deque[float] = deque()

    def refuse(self, now: float) -> float | None:
        """None, or the seconds until the oldest one leaves the window."""
        while self._granted and self._granted[0] <= now - 1:
            self._granted.popleft()
        if len(self._granted) < LIMIT:
            self._granted.append(now)
            return None
        return self._granted[0] + 1 - now


LIMITERS = {
    "bucket of 20": lambda: Bucket(20),
    "bucket of 5": lambda: Bucket(5),
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
}
RETRY_AFTER = {"true": lambda wait: wait, "a second": lambda _: 1.0, "none": lambda _: None}


def simulate(limiter, retry_after, latency, *, declared=None, requests=REQUESTS, seed=7):
    """Seconds and refusals until all requests are granted; time passes as events say."""
    dice = random.Random(seed)
    pace = Pace(declared, dice.random)
    order = itertools.count()
    begun = now = 100.37
    events = [(begun, next(order), "start", None) for _ in range(WORKERS)]
    waiting, granted, refused = requests, 0, 0
    while granted < requests:
        now, _, what, request = heapq.heappop(events)
        if what == "start":
            if not waiting:
                continue
            if wait := pace.reserve(now):
                heapq.heappush(events, (now + wait + 0.0002, next(order), "start", None))
                continue
            waiting -= 1
            verdict = limiter.refuse(now + latency / 2)
            answered = now + latency * dice.uniform(0.8, 1.2) + dice.uniform(0.001, 0.002)
            heapq.heappush(events, (answered, next(order), "answer", (now, verdict)))
            continue
        started, verdict = request
        if verdict is None:
            granted += 1
            pace.record_granted(started, now)
        else:
            refused += 1
            waiting += 1
            pace.record_pushback(started, now, retry_after(verdict))
        heapq.heappush(events, (now, next(order), "start", None))
    return now - begun, refused


@pytest.mark.parametrize("latency", [0, 0.02, 0.25])
@pytest.mark.parametrize("header", RETRY_AFTER)
@pytest.mark.parametrize("kind", LIMITERS)
def test_an_unknown_limit_is_learned(kind, header, latency):
    """Within 1.5 times the time that the limit allows, less than 15 % refused."""
    for seed in range(3):
        seconds, refused = simulate(LIMITERS[kind](), RETRY_AFTER[header], latency, seed=seed)
        assert seconds <= 1.5 * REQUESTS / LIMIT
        assert refused < 0.15 * (REQUESTS + refused)


@pytest.mark.parametrize("latency", [0, 0.02, 0.25])
@pytest.mark.parametrize("kind", [*LIMITERS, "bucket of 1"])
def test_a_declared_limit_is_never_exceeded(kind, latency):
    """AEGIS_MAX_REQUESTS_PER_SECOND: nothing at all is refused, and little time is lost."""
    limiter = (LIMITERS | {"bucket of 1": lambda: Bucket(1)})[kind]()
    seconds, refused = simulate(limiter, RETRY_AFTER["none"], latency, declared=LIMIT)
    assert refused == 0
    assert seconds <= 1.2 * REQUESTS / LIMIT


def test_a_stray_429_costs_little():
    """One refusal among 2000 answers that no limit explains does not slow the rest for long."""

    class Stray:
        count = 0

        def refuse(self, _now):
            self.count += 1
            return 0.5 if self.count == 500 else None

    seconds, refused = simulate(Stray(), RETRY_AFTER["true"], 0, requests=2000)
    assert refused == 1
    assert seconds < 8


@given(
    declared=st.floats(min_value=0.1, max_value=1000),
    asks=st.lists(st.floats(min_value=0, max_value=5), max_size=60),
)
def test_starts_are_evenly_apart(declared, asks):
    """However the workers ask, two starts lie at least one period of the declared rate apart."""
    pace = Pace(declared, lambda: 0.5)
    now, starts = 0.0, []
    for gap in asks:
        now += gap
        if pace.reserve(now) == 0:
            starts.append(now)
    assert all(b - a >= 1 / declared for a, b in itertools.pairwise(starts))


@given(
    retry_after=st.floats(min_value=0.01, max_value=900),
    in_flight=st.lists(st.floats(min_value=0, max_value=900), max_size=8),
)
def test_everybody_waits_as_long_as_asked(retry_after, in_flight):
    """No request starts before the longest Retry-After of those in flight is over."""
    pace = Pace(None, lambda: 0.5)
    for _ in range(1 + len(in_flight)):
        assert pace.reserve(10.0) == 0
    pace.record_pushback(10.0, 11.0, retry_after)
    for other in in_flight:
        pace.record_pushback(10.0, 11.0, other)
    assert pace.reserve(11.0 + max([retry_after, *in_flight]) * 0.999) > 0


@given(st.lists(st.sampled_from(["granted", "refused", "unasked"]), min_size=1, max_size=200))
@settings(max_examples=50)
def test_no_history_stops_the_pace(history):
    """Whatever happened, the next start is at most a minute and a quarter away."""
    pace = Pace(None, lambda: 1.0)
    now = 0.0
    for event in history:
        now += pace.reserve(now)
        pace.reserve(now)
        if event == "granted":
            pace.record_granted(now, now + 0.1)
        elif event == "refused":
            pace.record_pushback(now, now + 0.1, None)
        now += 0.1
    assert pace.reserve(now) <= 75


def _limited_api(serve, limit):
    lock, granted, refused = threading.Lock(), deque(), []

    def script(asked):
        with lock:
            while granted and granted[0] <= asked.at - 1:
                granted.popleft()
            if len(granted) < limit:
                granted.append(asked.at)
                return Reply()
            refused.append(asked)
            return Reply(429, headers={"Retry-After": "1"})

    return serve(script), refused


def test_a_declared_rate_is_kept_in_real_time(serve, connect):
    """However many workers ask, 60 a second over a real socket take as long as that must."""
    api = serve(always(Reply()))
    client = connect(api, real_time=True, max_requests_per_second=60)
    begun = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda i: client.get(f"/datasets/{i}", check_json), range(61)))
    assert time.monotonic() - begun >= 60 / 60


def test_one_refusal_costs_a_declared_rate_little():
    """Requests that the network bunches up may be refused: that costs the pause and a fifth."""

    class Stray:
        count = 0

        def refuse(self, _now):
            self.count += 1
            return 0.5 if self.count == 3 else None

    seconds, refused = simulate(Stray(), RETRY_AFTER["true"], 0, declared=LIMIT, requests=60)
    assert refused == 1
    assert seconds <= 0.5 + 1.3 * 60 / LIMIT


@pytest.mark.long
@pytest.mark.parametrize("declared", [None, 20])
def test_a_limit_on_a_real_socket(serve, connect, declared):
    """20 a second for 300 requests in real time: 1.5 times the time allowed, or none refused."""
    api, refused = _limited_api(serve, LIMIT)
    client = connect(api, real_time=True, max_requests_per_second=declared)
    begun = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda i: client.get(f"/datasets/{i}", check_json), range(REQUESTS)))
    assert time.monotonic() - begun <= 1.5 * REQUESTS / LIMIT
    assert len(refused) < 0.15 * len(api.asked)
    assert not (declared and refused)
