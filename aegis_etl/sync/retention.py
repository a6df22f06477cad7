"""Prunes old raw payloads, but never the newest of a dataset (``AEGIS_RAW_RETENTION_DAYS``)."""

import logging
from datetime import datetime

import pyarrow as pa

from aegis_etl.errors import DataDamagedError
from aegis_etl.lake.paths import DataDir
from aegis_etl.lake.pruning import keep_payloads
from aegis_etl.lake.sync_ids import parse_sync_id
from aegis_etl.warehouse.status import read_published_state

logger = logging.getLogger(__name__)

SECONDS_A_DAY = 86_400
SETTLED = {"ok", "not_listed", "deleted"}


def prune_raw(data_dir: DataDir, *, now: datetime, retention_days: float) -> None:
    """Prunes the raw payloads of all syncs that started longer ago than that.

    Each dataset keeps the payload whose rows are published. One that has not been whole since keeps
    what came after it, too. A full disk or a damaged file prunes nothing and fails nothing.
    """
    old = [
        sync_id
        for sync_id in data_dir.raw_sync_ids()
        if (now - parse_sync_id(sync_id)).total_seconds() > retention_days * SECONDS_A_DAY
        and data_dir.has_ended(sync_id)
    ]
    if not old:
        return
    state = read_published_state(data_dir.warehouse)
    for sync_id in old:
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
