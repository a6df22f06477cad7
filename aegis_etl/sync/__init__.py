"""One sync: its steps in order, as plain functions that know nothing of Dagster."""

from aegis_etl.sync.opening import Sync, SyncRequest, open_sync
from aegis_etl.sync.steps import RunningSync, run_sync, start_sync
from aegis_etl.sync.summary import SyncSummary

__all__ = [
    "RunningSync",
    "Sync",
    "SyncRequest",
    "SyncSummary",
    "open_sync",
    "run_sync",
    "start_sync",
]
