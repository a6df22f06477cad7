"""Tells the webhook of runs that could not tell it themselves."""

import dagster as dg

from aegis_etl.orchestration.job import nightly_sync
from aegis_etl.orchestration.resource import NOTIFIED_TAG
from aegis_etl.settings import load_settings
from aegis_etl.sync.notification import post_webhook


@dg.run_failure_sensor(
    monitored_jobs=[nightly_sync],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Posts to AEGIS_WEBHOOK_URL when a run died before it could post itself.",
)
def died_runs(context: dg.RunFailureSensorContext) -> None:
    """Posts each failed run that has not posted itself."""
    if NOTIFIED_TAG not in context.dagster_run.tags:
        post_webhook(
            load_settings().webhook_url,
            f"Aegis sync run {context.dagster_run.run_id} died: {context.failure_event.message}. "
            "The next sync continues it.",
            run_id=context.dagster_run.run_id,
        )
