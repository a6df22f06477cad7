"""Old runs are deleted with all that they logged; what somebody may still look at stays."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from aegis_etl.orchestration.old_runs import prune_runs
from aegis_etl.orchestration.schedules import make_prune_schedule
from aegis_etl.settings import load_settings

RunNight = Callable[..., dg.ExecuteInProcessResult]
MakeAsset = Callable[..., dg.ExecuteInProcessResult]

NOW = datetime.now(UTC)
YEARS_LATER = NOW + timedelta(days=800)
FINISHED = {
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
}


@pytest.fixture
def make_asset(instance: dg.DagsterInstance) -> MakeAsset:
    """Makes an asset of the user's own, with a check, in a run of its own."""

    def make(*, fails: bool = False) -> dg.ExecuteInProcessResult:
        @dg.asset(check_specs=[dg.AssetCheckSpec("is_right", asset="seldom")])
        def seldom() -> dg.MaterializeResult:
            if fails:
                raise ValueError("as asked")
            return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

        return dg.materialize([seldom], instance=instance, raise_on_error=False)

    return make


def find_traces(home: Path, run_id: str) -> list[str]:
    """Where below DAGSTER_HOME a run is still named: files, and columns of its databases."""
    traces = [str(path.relative_to(home)) for path in home.rglob(f"*{run_id}*")]
    for database in home.rglob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'")
            for (table,) in tables.fetchall():
                columns = connection.execute(f"select name from pragma_table_info('{table}')")
                if "run_id" in [name for (name,) in columns.fetchall()]:
                    query = f"select count(*) from {table} where run_id = ?"
                    [(count,)] = connection.execute(query, [run_id]).fetchall()
                    traces += [f"{database.name}: {table}"] * bool(count)
    return traces


def test_nothing_is_left_of_an_old_run(
    run_night: RunNight, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """A run older than 30 days goes with its events, check results, logs and files."""
    old, newest = [run_night().run_id for _ in range(2)]
    assert find_traces(tmp_path / "dagster_home", old)

    assert prune_runs(instance, now=YEARS_LATER) == 1

    assert find_traces(tmp_path / "dagster_home", old) == []
    assert instance.get_run_ids() == [newest]


def test_an_asset_keeps_the_run_of_its_newest_materialization(
    make_asset: MakeAsset, instance: dg.DagsterInstance
) -> None:
    """However long ago it was: when an asset was last made, and the failure since, stay.

    Its check keeps its last result.
    """
    make_asset()
    made = make_asset().run_id
    failed = make_asset(fails=True).run_id

    assert prune_runs(instance, now=YEARS_LATER) == 1

    assert set(instance.get_run_ids()) == {made, failed}
    event = instance.get_latest_materialization_event(dg.AssetKey("seldom"))
    assert event is not None
    assert event.run_id == made
    check = dg.AssetCheckKey(dg.AssetKey("seldom"), "is_right")
    [result] = instance.event_log_storage.get_latest_asset_check_execution_by_key([check]).values()
    assert result.run_id == failed


def test_only_finished_runs_go(instance: dg.DagsterInstance) -> None:
    """Of one run in each status those that ended go; one that may still be at work never."""
    statuses = set(dg.DagsterRunStatus) - {dg.DagsterRunStatus.QUEUED}  # needs a code location
    for status in statuses:
        create_run_for_test(instance, status=status)

    assert prune_runs(instance, now=YEARS_LATER) == len(FINISHED)

    assert {run.status for run in instance.get_runs()} == statuses - FINISHED


def test_a_run_of_the_last_thirty_days_stays(instance: dg.DagsterInstance) -> None:
    """Thirty days are kept, to the minute."""
    create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS)
    [record] = instance.get_run_records()
    thirty_days_later = record.create_timestamp + timedelta(days=30)

    assert prune_runs(instance, now=thirty_days_later - timedelta(minutes=1)) == 0
    assert prune_runs(instance, now=thirty_days_later + timedelta(minutes=1)) == 1


def test_every_old_run_goes_however_many_there_are(
    make_asset: MakeAsset, instance: dg.DagsterInstance
) -> None:
    """Batches end only when no old run is left, also where the newest of them stay."""
    for _ in range(7):
        create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS)
    shown = [make_asset().run_id, make_asset(fails=True).run_id]

    assert prune_runs(instance, now=YEARS_LATER, batch_size=1) == 7
    assert sorted(instance.get_run_ids()) == sorted(shown)


def test_the_job_prunes_the_instance_that_it_runs_on(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """The job of the definitions deletes what is old by the clock, and leaves itself."""
    from aegis_etl.definitions import defs

    old = create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS).run_id
    young = create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS).run_id
    with closing(sqlite3.connect(tmp_path / "dagster_home/history/runs.db")) as connection:
        connection.execute(
            "update runs set create_timestamp = ? where run_id = ?",
            [str(NOW.replace(tzinfo=None) - timedelta(days=31)), old],
        )
        connection.commit()

    pruning = defs.resolve_job_def("prune_dagster_runs").execute_in_process(instance=instance)

    assert set(instance.get_run_ids()) == {young, pruning.run_id}


def test_it_runs_daily_without_a_click() -> None:
    """Its schedule is on as the nightly one is, in the same timezone, at another hour."""
    from aegis_etl.definitions import defs

    schedule = make_prune_schedule(load_settings(timezone="Europe/Berlin"))

    assert schedule.cron_schedule == "0 4 * * *"
    assert schedule.execution_timezone == "Europe/Berlin"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert defs.get_repository_def().has_schedule_def("prune_dagster_runs")
