"""Finished runs of long ago: deleted, so that watching does not fill Dagster's database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable

PRUNE_JOB_NAME = "prune_dagster_runs"
KEPT_DAYS = 30
BATCH_SIZE = 100


def prune_runs(instance: dg.DagsterInstance, *, now: datetime, batch_size: int = BATCH_SIZE) -> int:
    """Deletes the finished runs created more than 30 days ago, with all that they logged.

    An unfinished run stays, and so does the run that an asset's page shows: the one of its newest
    materialization, and the last one that was to make it.

    Args:
        now: in UTC.
        batch_size: how many runs are looked up at once.

    Returns:
        How many runs were deleted.
    """
    shown = _find_shown_runs(instance)
    old = dg.RunsFilter(statuses=FINISHED_STATUSES, created_before=now - timedelta(days=KEPT_DAYS))
    deleted = 0
    while found := set(instance.get_run_ids(old, limit=batch_size + len(shown))) - shown:
        run_ids = sorted(found)
        _delete_check_results(instance, run_ids)
        for run_id in run_ids:
            _delete_run(instance, run_id)
        deleted += len(run_ids)
    return deleted


@dg.op(description="Deletes the finished runs of this instance that are older than 30 days.")
def delete_old_runs(context: dg.OpExecutionContext) -> None:
    """Prunes the instance that this run belongs to."""
    deleted = prune_runs(context.instance, now=datetime.now(UTC))
    context.log.info(f"deleted {deleted} finished runs older than {KEPT_DAYS} days")


@dg.job(
    name=PRUNE_JOB_NAME,
    description="Deletes finished runs older than 30 days, so that watching does not fill "
    "Dagster's database. What was synced is not touched.",
)
def prune_dagster_runs() -> None:
    """One step, which knows nothing of syncs."""
    delete_old_runs()


def _find_shown_runs(instance: dg.DagsterInstance) -> set[str]:
    entries = [record.asset_entry for record in instance.get_asset_records()]
    newest = {e.last_materialization.run_id for e in entries if e.last_materialization}
    return newest | {entry.last_run_id for entry in entries if entry.last_run_id}


def _delete_check_results(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    """Dagster leaves these rows behind when it deletes a run."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        results = AssetCheckExecutionsTable
        with storage.index_connection() as connection:
            connection.execute(results.delete().where(results.c.run_id.in_(run_ids)))


def _delete_run(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.delete_run(run_id)
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        # The run's own event database: Dagster empties it, and leaves the file.
        database = Path(storage.path_for_shard(run_id))
        for file in database.parent.glob(f"{database.name}*"):
            file.unlink(missing_ok=True)
