"""What Dagster shows before anything ran."""

import subprocess
import sys
from datetime import timedelta

import dagster as dg
import pytest

from aegis_etl.orchestration.schedules import make_nightly_schedule
from aegis_etl.settings import load_settings


def test_the_nightly_schedule_is_on_at_two_in_the_configured_timezone() -> None:
    """The schedule needs no click: 02:00 in AEGIS_TIMEZONE, running by default."""
    schedule = make_nightly_schedule(load_settings(timezone="Europe/Berlin"))

    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Europe/Berlin"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_no_run_ever_leaves_its_process_for_a_step() -> None:
    """The job, and an asset materialized by a click, run in one process: a sync is one lock."""
    from aegis_etl.definitions import defs

    assert defs.resolve_job_def("nightly_sync").executor_def == dg.in_process_executor
    assert defs.resolve_implicit_global_asset_job_def().executor_def == dg.in_process_executor


def test_a_stale_warehouse_shows_as_stale() -> None:
    """The warehouse asset fails its freshness policy once a night was missed."""
    from aegis_etl.definitions import defs

    [spec] = [s for s in defs.resolve_all_asset_specs() if s.key == dg.AssetKey("warehouse")]
    assert spec.freshness_policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26))


def test_the_failure_sensor_is_on() -> None:
    """Runs that died are told of without a click."""
    from aegis_etl.orchestration.sensors import died_runs

    assert died_runs.default_status == dg.DefaultSensorStatus.RUNNING


def test_a_bad_setting_fails_the_definitions_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a setting is wrong, loading the definitions names it."""
    monkeypatch.setenv("AEGIS_TIMEZONE", "Mars/Olympus")

    loaded = subprocess.run(
        [sys.executable, "-c", "import aegis_etl.definitions"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.returncode != 0
    assert "AEGIS_TIMEZONE: 'Mars/Olympus' is not accepted" in loaded.stderr
