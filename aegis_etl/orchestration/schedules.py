"""When the job runs by itself."""

import dagster as dg

from aegis_etl.orchestration.job import JOB_NAME, nightly_sync
from aegis_etl.settings import Settings

CRON = "0 2 * * *"


def make_nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The job at 02:00 in ``AEGIS_TIMEZONE``, on from the start."""
    return dg.ScheduleDefinition(
        name=JOB_NAME,
        job=nightly_sync,
        cron_schedule=CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"A full sync at 02:00 {settings.timezone}.",
    )
