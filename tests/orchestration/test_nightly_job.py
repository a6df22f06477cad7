"""The nightly job with real Dagster, against the sandbox over a real socket."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd

from aegis_etl.sandbox import Faults, Sandbox, World

RunNight = Callable[..., dg.ExecuteInProcessResult]

ASSETS = {
    "api/partial_list",
    "api/paged_datasets",
    "raw/payloads",
    "lake/datasets",
    "lake/records",
    "lake/runs",
    "lake/evaluations",
    "warehouse",
    "report",
    "datasets",
    "records",
    "runs",
    "evaluations",
}


def test_one_run_materializes_every_asset_with_its_row_count(
    run_night: RunNight, world: World, environment: Path
) -> None:
    """The asset page tells the story: every asset of a sync is there, tables with their rows."""
    result = run_night()

    events = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    payloads = [world.payload(dataset_id) for dataset_id in world.dataset_ids(dataset_type_id=1)]
    evaluations = sum(len(payload["evaluations"]) for payload in payloads if payload)
    assert result.success
    assert set(events) == ASSETS
    assert events["lake/evaluations"]["dagster/row_count"].value == evaluations
    assert events["evaluations"]["dagster/row_count"].value == evaluations
    assert events["api/partial_list"]["dagster/row_count"].value == len(payloads)
    assert "| id |" in events["lake/records"]["preview"].value
    assert environment.joinpath("warehouse.duckdb").exists()


def test_every_table_shows_its_columns() -> None:
    """Assets that are tables carry a column schema with types and descriptions."""
    from aegis_etl.definitions import defs

    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    for name in ("lake/evaluations", "evaluations", "records"):
        schema = specs[name].metadata["dagster/column_schema"]
        assert all(column.description and column.type for column in schema.columns)
    assert "is_latest" in [
        column.name for column in specs["evaluations"].metadata["dagster/column_schema"].columns
    ]


def test_what_was_audited_is_an_asset_check(run_night: RunNight) -> None:
    """Each row of meta.audits is a check of the warehouse asset, with the same verdict."""
    result = run_night()

    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    with duckdb.connect(_warehouse(result), read_only=True) as connection:
        audits = dict(connection.execute("select audit, passed from meta.audits").fetchall())
    assert checks == audits
    assert "keys_unique" in checks


def test_the_run_is_tagged_with_its_sync(
    run_night: RunNight, instance: dg.DagsterInstance, environment: Path
) -> None:
    """A run can be found by the sync that it made."""
    result = run_night()

    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["aegis_etl/sync_id"] == environment.joinpath("current").readlink().name


def test_a_user_asset_of_the_readme_gets_tonights_rows_in_the_same_job(
    run_night: RunNight, readme: str, world: World
) -> None:
    """The README's eight lines work: the asset sees this sync's evaluations, on Arrow types."""
    [code] = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    namespace: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), namespace)
    [definitions] = [value for value in namespace.values() if isinstance(value, dg.Definitions)]
    run_night(definitions)
    dataset_id = world.dataset_ids(dataset_type_id=1)[0]
    run_id = world.add_run(dataset_id)

    seen: list[pd.DataFrame] = []

    @dg.asset
    def mine(evaluations: pd.DataFrame) -> None:
        seen.append(evaluations)

    result = run_night(dg.Definitions.merge(definitions, dg.Definitions(assets=[mine])))

    assert result.success
    assert "worst_records" in {
        event.asset_key.to_user_string() for event in result.get_asset_materialization_events()
    }
    [evaluations] = seen
    assert run_id in set(evaluations["run_id"])
    assert isinstance(evaluations["evaluation_cost"].dtype, pd.ArrowDtype)


def test_a_failed_night_is_a_failed_run_and_leaves_yesterday(
    run_night: RunNight, sandbox: Sandbox, environment: Path
) -> None:
    """Where the API refuses everything the run fails, and the published version stays."""
    run_night()
    published = environment.joinpath("current").readlink()
    sandbox.faults = Faults(always={"*": "401"})

    result = run_night()

    assert not result.success
    assert environment.joinpath("current").readlink() == published


def test_the_key_is_nowhere_in_dagsters_storage(
    run_night: RunNight, sandbox: Sandbox, environment: Path, tmp_path: Path
) -> None:
    """The key appears in no event, run config, tag or log, whether the night went well or not."""
    run_night()
    sandbox.faults = Faults(always={"*": "401"})
    run_night()

    databases = list((tmp_path / "dagster_home").rglob("*.db"))
    assert databases
    for path in databases:
        with sqlite3.connect(path) as connection:
            dump = "\n".join(connection.iterdump())
        connection.close()
        assert sandbox.api_key not in dump
    for path in (*environment.rglob("*"), *(tmp_path / "dagster_home").rglob("*")):
        if path.is_file():
            assert sandbox.api_key.encode() not in path.read_bytes(), path


def test_a_run_that_died_with_the_lock_is_marked_failed_by_the_next(
    run_night: RunNight, instance: dg.DagsterInstance, environment: Path
) -> None:
    """A killed process leaves its run STARTED for ever; whoever takes the lock next says so."""
    from aegis_etl.definitions import defs

    dead = instance.create_run_for_job(
        defs.resolve_job_def("nightly_sync"),
        status=dg.DagsterRunStatus.STARTED,
        tags={"aegis_etl/data_dir": str(environment), "aegis_etl/sync_id": "20261101T020000Z"},
    )
    waiting = instance.create_run_for_job(
        defs.resolve_job_def("nightly_sync"),
        status=dg.DagsterRunStatus.STARTED,
        tags={"aegis_etl/data_dir": str(environment)},
    )

    run_night()

    statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses[dead.run_id] == dg.DagsterRunStatus.FAILURE
    assert statuses[waiting.run_id] == dg.DagsterRunStatus.STARTED


def _warehouse(result: dg.ExecuteInProcessResult) -> str:
    [event] = [
        event
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey("warehouse")
    ]
    return str(event.materialization.metadata["warehouse"].value)


def test_a_watch_that_finds_nothing_new_leaves_nothing(
    run_night: RunNight, environment: Path
) -> None:
    """An active sync without news makes no version and no file; what is downstream is skipped."""
    run_night()
    before = sorted(environment.rglob("*"))

    result = run_night(kind="active")

    assert result.success
    assert sorted(environment.rglob("*")) == before
    materialized = {
        event.asset_key.to_user_string() for event in result.get_asset_materialization_events()
    }
    assert not materialized & {"warehouse", "evaluations"}
