"""What a watch does at a given minute, so that no run comes and goes unseen between two nights.

The API serves the evaluations of a dataset's newest run only. Each active dataset (one with a run
in the last 7 days) is fetched hourly, and every 5 minutes for 3 hours after it got a new run.
"""

from datetime import datetime, timedelta

from aegis_etl.errors import SyncRunningError
from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.paths import open_data_dir
from aegis_etl.settings import Settings
from aegis_etl.sync.note import find_resumable
from aegis_etl.sync.opening import SyncRequest
from aegis_etl.warehouse.status import read_active_dataset_ids

TICK_MINUTES = 5
HOT_HOURS = 3


def choose_watch(settings: Settings, *, now: datetime) -> SyncRequest | str:
    """What the tick of a watch asks for, or why it asks for nothing.

    It writes nothing. A watch starts from a published warehouse, stands back while another sync
    runs or a killed full one can still be continued, and once an hour looks at all active datasets.
    """
    data_dir = open_data_dir(settings)
    if data_dir.published_sync_id() is None:
        return "nothing is published yet: a watch begins after the first full sync"
    try:
        with hold_lock(data_dir):
            resumable = find_resumable(data_dir, now=now, resume_hours=settings.resume_hours)
    except SyncRunningError:
        return "another sync of this data directory is running"
    if resumable and resumable[1].kind == "full":
        return f"the full sync {resumable[0]} was killed and waits to be continued"
    if now.minute < TICK_MINUTES:
        return SyncRequest(kind="active")
    since = now - timedelta(hours=HOT_HOURS)
    hot = read_active_dataset_ids(data_dir.warehouse, since=since)
    if not hot:
        return f"no dataset got a run in the last {HOT_HOURS} hours"
    return SyncRequest(kind="selected", dataset_ids=tuple(sorted(hot)))
