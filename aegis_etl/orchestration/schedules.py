"""When the jobs run by themselves."""

from zoneinfo import ZoneInfo

import dagster as dg

from aegis_etl.orchestration.job import JOB_NAME, nightly_sync
from aegis_etl.orchestration.old_runs import PRUNE_JOB_NAME, prune_dagster_runs
from aegis_etl.orchestration.resource import SyncResource
from aegis_etl.settings import Settings, load_settings
from aegis_etl.sync.watching import TICK_MINUTES, choose_watch

NIGHTLY_HOUR = 2
NIGHTLY_CRON = f"0 {NIGHTLY_HOUR} * * *"
WATCH_CRON = f"*/{TICK_MINUTES} * * * *"
PRUNE_CRON = "0 4 * * *"


def make_nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The job at 02:00 in ``AEGIS_TIMEZONE``, on from the start."""
    return dg.ScheduleDefinition(
        name=JOB_NAME,
        job=nightly_sync,
        cron_schedule=NIGHTLY_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"A full sync at 02:00 {settings.timezone}.",
    )


def make_watch_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The job every few minutes for datasets with recent runs; off unless ``AEGIS_WATCH`` is on."""

    @dg.schedule(
        name="watch",
        job=nightly_sync,
        cron_schedule=WATCH_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING
        if settings.watch
        else dg.DefaultScheduleStatus.STOPPED,
        description="Fetches active datasets hourly, and those with a new run every 5 minutes, so "
        "that no run is replaced before it was seen.",
    )
    def watch(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        settings, now = load_settings(), context.scheduled_execution_time
        local = now.astimezone(ZoneInfo(settings.timezone))
        if (local.hour, local.minute) == (NIGHTLY_HOUR, 0):
            # Which of the two would take the lock first is chance, and the other one may fail.
            return dg.SkipReason("the nightly sync starts now")
        chosen = choose_watch(settings, now=now)
        if isinstance(chosen, str):
            return dg.SkipReason(chosen)
        sync = SyncResource(
            kind=chosen.kind, dataset_ids=list(chosen.dataset_ids), notify=False, wait_seconds=0
        )
        return dg.RunRequest(run_config={"resources": {"sync": {"config": sync.model_dump()}}})

    return watch


def make_prune_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The deletion of old runs at 04:00 in ``AEGIS_TIMEZONE``, on from the start as syncs are."""
    return dg.ScheduleDefinition(
        name=PRUNE_JOB_NAME,
        job=prune_dagster_runs,
        cron_schedule=PRUNE_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Deletes finished runs older than 30 days, at 04:00 {settings.timezone}.",
    )
