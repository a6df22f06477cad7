"""Prunes old raw payloads, but never the newest of a dataset (``AEGIS_RAW_RETENTION_DAYS``)."""

import logging
from datetime import datetime, timedelta

import pyarrow as pa

from aegis_etl.errors import DataDamagedError, LakeStoreError
from aegis_etl.lake.paths import DataDir
from aegis_etl.lake.pruning import keep_payloads
from aegis_etl.lake.sync_ids import parse_sync_id
from aegis_etl.warehouse.status import read_published_state

logger = logging.getLogger(__name__)

SETTLED = {"ok", "not_listed", "deleted"}


def prune_raw(data_dir: DataDir, *, now: datetime, retention_days: float) -> None:
    """Prunes the raw payloads of all syncs that started longer ago than that.

    Each dataset keeps the payload whose rows are published. One that has not been whole since keeps
    what came after it, too. A full disk, a damaged file or a store without an answer prunes nothing
    and fails nothing.
    """
    try:
        _prune_older(data_dir, now - timedelta(days=retention_days))
    except LakeStoreError as error:
        logger.warning("raw payloads could not be pruned: %s", error)


def _prune_older(data_dir: DataDir, than: datetime) -> None:
    old = [i for i in data_dir.raw_sync_ids() if parse_sync_id(i) < than]
    if not old:
        return
    state = read_published_state(data_dir.warehouse)
    ended = data_dir.ended_sync_ids()
    for sync_id in (sync_id for sync_id in old if sync_id in ended):
        newest = {
            row["dataset_id"]
            for row in state
            if row["last_changed_sync_id"] == sync_id
            or (row["status"] not in SETTLED and (row["last_changed_sync_id"] or "") < sync_id)
        }
        try:
            keep_payloads(data_dir, sync_id, newest)
        except (OSError, pa.ArrowException, DataDamagedError) as error:
            logger.warning("raw payloads of sync %s could not be pruned: %s", sync_id, error)
