"""Runs whose process died: only who holds the lock can tell, and says so."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

DATA_DIR_TAG = "aegis_etl/data_dir"
SYNC_ID_TAG = "aegis_etl/sync_id"
UNFINISHED = [
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.CANCELING,
]


def fail_dead_runs(instance: dg.DagsterInstance, *, run_id: str, data_dir: Path) -> list[str]:
    """Marks as failed every unfinished run that once held the lock which this run holds now.

    A run carries the sync id only from the moment it takes the lock. Since this run has the lock,
    such a run is dead: a killed process leaves its run STARTED for ever.
    """
    return [
        dead.run_id
        for dead in _unfinished_holders(instance, data_dir)
        if dead.run_id != run_id
        and instance.report_run_failed(dead, "its process died while it held the lock")
    ]


def mark_holder(instance: dg.DagsterInstance, *, run_id: str, data_dir: Path, sync_id: str) -> None:
    """Tags the run that took the lock with the sync that it makes."""
    instance.add_run_tags(run_id, {DATA_DIR_TAG: str(data_dir), SYNC_ID_TAG: sync_id})


def _unfinished_holders(instance: dg.DagsterInstance, data_dir: Path) -> Iterator[dg.DagsterRun]:
    unfinished = dg.RunsFilter(statuses=UNFINISHED, tags={DATA_DIR_TAG: str(data_dir)})
    return (run for run in instance.get_runs(unfinished) if SYNC_ID_TAG in run.tags)
