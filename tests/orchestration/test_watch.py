"""The watch: what each tick asks for, and when it stands back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.paths import DataDir
from aegis_etl.orchestration.schedules import make_watch_schedule
from aegis_etl.sandbox import World
from aegis_etl.settings import Settings, load_settings
from aegis_etl.sync import SyncRequest, run_sync


@pytest.fixture
def noon() -> datetime:
    """A tick on the hour."""
    return datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def tick(now: datetime) -> Any:
    """What the schedule says at an instant."""
    context = dg.build_schedule_context(scheduled_execution_time=now)
    return make_watch_schedule(load_settings()).evaluate_tick(context)


def asked(data: Any) -> dict[str, object]:
    """The sync that a tick asks for."""
    [request] = data.run_requests or []
    config = request.run_config["resources"]["sync"]["config"]
    return {"kind": config["kind"], "dataset_ids": config["dataset_ids"]}


def test_it_is_off_unless_asked_for() -> None:
    """The watch schedule is stopped by default; AEGIS_WATCH starts it."""
    off = make_watch_schedule(load_settings())
    on = make_watch_schedule(load_settings(watch=True))

    assert off.default_status == dg.DefaultScheduleStatus.STOPPED
    assert on.default_status == dg.DefaultScheduleStatus.RUNNING


@pytest.mark.usefixtures("environment")
def test_it_waits_for_the_first_full_sync(noon: datetime) -> None:
    """Before anything is published a tick is skipped, with its reason."""
    assert "first full sync" in (tick(noon).skip_message or "")


def test_it_looks_at_all_active_datasets_hourly_and_at_hot_ones_between(
    settings: Settings, world: World, noon: datetime
) -> None:
    """On the hour an active sync; at other ticks the datasets with a run in the last 3 hours."""
    world.live_until(noon - timedelta(hours=1))
    hot = world.dataset_ids(dataset_type_id=1)[0]
    world.add_run(hot)
    run_sync(settings, SyncRequest(), now=world.now)

    assert asked(tick(noon)) == {"kind": "active", "dataset_ids": []}
    assert hot in asked(tick(noon + timedelta(minutes=5)))["dataset_ids"]  # type: ignore[operator]
    later = noon + timedelta(hours=30, minutes=10)
    assert "no dataset got a run" in (tick(later).skip_message or "")


def test_it_stands_back_while_a_sync_runs(
    settings: Settings, environment: Path, noon: datetime
) -> None:
    """A tick that finds another sync running is skipped without a run."""
    run_sync(settings, SyncRequest(), now=noon - timedelta(hours=10))

    with hold_lock(DataDir(environment)):
        assert "another sync" in (tick(noon).skip_message or "")


def test_it_leaves_two_o_clock_to_the_nightly_sync(
    settings: Settings, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tick at which the nightly schedule starts its sync is skipped, whatever the timezone."""
    run_sync(settings, SyncRequest(), now=noon - timedelta(hours=30))
    monkeypatch.setenv("AEGIS_TIMEZONE", "America/New_York")
    two_in_new_york = datetime(2026, 11, 18, 7, 0, tzinfo=UTC)

    assert "nightly sync" in (tick(two_in_new_york).skip_message or "")
    assert asked(tick(two_in_new_york - timedelta(hours=5)))["kind"] == "active"
