"""Days of an account, watched by the clock: what each way of looking catches, and what it costs.

The expected shares, and the 30,600 requests of looking always, are those of a simulation made apart
from this code. In its account of 500 datasets 106 get runs: 30,600 is those, every 5 minutes.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from watched_account import LISTING_REQUESTS, Observer, RunsAlone

from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings, load_settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.sync.watching import TICK_MINUTES, choose_watch
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.status import read_active_dataset_ids

pytestmark = pytest.mark.long

LISTED = 500
IN_USE = 95  # at first: datasets are added faster than they are deleted
DAYS = 6
TICK = timedelta(minutes=TICK_MINUTES)
HOURS = 6
WEEK = timedelta(days=7)
NIGHTLY_LASTS = timedelta(minutes=20)


@dataclass
class Days:
    """Who saw what in some days, and what the watch said while the nightly sync ran."""

    nightly: Observer
    watching: Observer
    always: Observer
    beside_nightly: list[SyncRequest | str]
    newest_before: int

    def percent_caught(self, observer: Observer) -> float:
        """The share, of the runs that ended, that an observer saw whole while they were served."""
        # A dataset that was restored brings runs of long ago back, which nobody could have seen.
        ended = {i for i, ended in self.always.ended.items() if ended and i > self.newest_before}
        return 100 * len(ended & observer.seen_whole) / len(ended)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Some days in ticks of five minutes, of datasets some of which got no run for a week."""
    world = World(datasets=IN_USE, proprietary=LISTED - IN_USE)
    world.live_until(world.now + WEEK + timedelta(days=1))
    settings = load_settings(data_dir=tmp_path_factory.mktemp("data"))
    warehouse = RunsAlone(DataDir(settings.data_dir))
    nightly, watching, always = Observer(world), Observer(world), Observer(world)
    for observer in (nightly, watching, always):
        warehouse.publish(observer.look(world.dataset_ids()))
        observer.requests = 0
    days = Days(nightly, watching, always, [], max(always.ended))
    end = world.now + timedelta(days=DAYS)
    while world.now < end:
        now = world.live_until(world.now + TICK)
        listed = world.dataset_ids()
        always.look(world.dataset_ids(dataset_type_id=1))
        since_two = now - now.replace(hour=2, minute=0)
        if not since_two:
            warehouse.publish(watching.look(listed))
            nightly.look(listed)
            nightly.requests += LISTING_REQUESTS
        if timedelta() <= since_two < NIGHTLY_LASTS:
            with hold_lock(warehouse.data_dir):
                days.beside_nightly.append(choose_watch(settings, now=now))
            continue
        chosen = choose_watch(settings, now=now)
        if isinstance(chosen, str):
            continue
        dataset_ids = list(chosen.dataset_ids)
        if chosen.kind == "active":
            active = warehouse.read_active(now)
            dataset_ids = [i for i in listed if i in active or not watching.knows(i)]
            watching.requests += LISTING_REQUESTS
        warehouse.publish(watching.look(dataset_ids))
    return days


def test_watching_catches_nearly_all_that_looking_always_would(days: Days) -> None:
    """Nightly catches 76.5 % of the runs, watching 87.5, looking every 5 minutes 88.2."""
    assert days.percent_caught(days.nightly) == pytest.approx(76.5, abs=3)
    assert days.percent_caught(days.watching) == pytest.approx(87.5, abs=3)
    assert days.percent_caught(days.always) == pytest.approx(88.2, abs=3)


def test_watching_asks_a_fraction_of_what_looking_always_does(days: Days) -> None:
    """Nearly the same share of runs for 5,100 requests a day instead of 30,600.

    That is one request a listed dataset each night, one an hour for each that is in use, and at
    most 33 more for each run: 500 + 23 * 106 + 33 * 75 is 5,413.
    """
    assert days.percent_caught(days.always) - days.percent_caught(days.watching) < 3
    assert days.watching.requests / DAYS == pytest.approx(5_100, rel=0.1)
    assert days.always.requests / DAYS == pytest.approx(30_600, rel=0.1)


def test_a_watch_never_runs_beside_a_nightly_sync(days: Days) -> None:
    """While the nightly sync holds the lock every tick of the watch is skipped, with its reason."""
    assert len(days.beside_nightly) == DAYS * (NIGHTLY_LASTS // TICK)
    assert all("another sync" in str(said) for said in days.beside_nightly)


@pytest.fixture
def world() -> World:
    """An account small enough for whole syncs."""
    return World(datasets=24, records=6, metrics=3, runs=1)


def test_whole_syncs_keep_what_the_simulation_sees(settings: Settings, sandbox: Sandbox) -> None:
    """Real syncs of some hours, asked for by the watch, keep each run that an observer saw whole.

    Those that found nothing new left nothing behind.
    """
    world, data_dir = sandbox.world, DataDir(settings.data_dir)
    run_sync(settings, SyncRequest(), now=world.live_until(world.now + timedelta(hours=7)))
    watching = Observer(world)
    watching.look(world.dataset_ids(dataset_type_id=1))
    seen_first, statuses = set(watching.seen_whole), []
    for _ in range(HOURS * 60 // TICK_MINUTES):
        now = world.live_until(world.now + TICK)
        chosen = choose_watch(settings, now=now)
        if isinstance(chosen, str):
            continue
        dataset_ids = chosen.dataset_ids
        if chosen.kind == "active":
            active = read_active_dataset_ids(data_dir.warehouse, since=now - WEEK)
            listed = world.dataset_ids(dataset_type_id=1)
            dataset_ids = tuple(i for i in listed if i in active or not watching.knows(i))
        statuses.append(run_sync(settings, chosen, now=now).status)
        watching.look(dataset_ids)

    with open_for_reading(data_dir.warehouse) as connection:
        whole = connection.execute(
            "select run_id from history.evaluations where _valid_to is null"
            " group by run_id having count(*) = count(finished_at)"
        ).fetchall()
    assert watching.seen_whole <= {run_id for (run_id,) in whole}
    assert len(watching.seen_whole - seen_first) >= 3
    assert len(data_dir.whole_sync_ids()) == 1 + len(statuses) - statuses.count("unchanged")
    assert statuses.count("unchanged") >= 3
