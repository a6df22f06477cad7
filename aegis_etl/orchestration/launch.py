"""Runs the nightly job in this process, on the instance that daemon and UI share."""

import os
import shutil
from importlib.resources import files
from pathlib import Path

import dagster as dg
import msgspec

from aegis_etl.errors import AegisEtlError, SettingsError
from aegis_etl.lake.files import create_folder, private_modes
from aegis_etl.orchestration.job import JOB_NAME
from aegis_etl.orchestration.metadata import SUMMARY
from aegis_etl.orchestration.resource import SyncResource
from aegis_etl.settings import CHECKOUT, Settings
from aegis_etl.sync import SyncSummary

DAGSTER_YAML = "dagster.yaml"


def prepare_dagster_home(settings: Settings) -> Path:
    """Creates ``DAGSTER_HOME`` if need be, with the packaged ``dagster.yaml`` when it has none.

    The environment names it afterwards, so that Dagster finds it.
    """
    home = settings.dagster_home_path
    try:
        create_folder(home)
        if not (home / DAGSTER_YAML).exists():
            shutil.copyfile(_packaged_dagster_yaml(), home / DAGSTER_YAML)
    except OSError as error:
        raise SettingsError(
            f"DAGSTER_HOME: {home} cannot be used ({error.strerror}); name a folder to write to"
        ) from error
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def run_job(definitions: dg.Definitions, settings: Settings, sync: SyncResource) -> SyncSummary:
    """Executes the nightly job with what ``sync`` asks for, and keeps it in Dagster's history.

    Raises:
        AegisEtlError: what a step raised.
    """
    with private_modes():
        prepare_dagster_home(settings)
        result = _execute(definitions, sync)
    return _read_summary(result)


def _execute(definitions: dg.Definitions, sync: SyncResource) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.get() as instance:
        return definitions.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance,
            run_config={
                "resources": {"sync": {"config": sync.model_dump()}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )


def _read_summary(result: dg.ExecuteInProcessResult) -> SyncSummary:
    published = (e.materialization.metadata for e in result.get_asset_materialization_events())
    unchanged = (
        e.asset_observation_data.asset_observation.metadata
        for e in result.get_asset_observation_events()
    )
    for metadata in (*published, *unchanged):
        value = metadata.get(SUMMARY)
        if isinstance(value, dg.JsonMetadataValue):
            return msgspec.convert(value.data, SyncSummary)
    raise AegisEtlError("the job ended without a summary")


def _packaged_dagster_yaml() -> Path:
    packaged = Path(str(files("aegis_etl") / DAGSTER_YAML))
    return packaged if packaged.exists() else CHECKOUT / "dagster_home" / DAGSTER_YAML
