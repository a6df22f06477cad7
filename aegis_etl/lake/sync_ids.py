"""Sync ids: the sync's start in UTC, such as ``20261124T020000Z``; they sort as text."""

from datetime import UTC, datetime, timedelta

FORMAT = "%Y%m%dT%H%M%SZ"


def parse_sync_id(sync_id: str) -> datetime:
    """The whole second at which the sync started."""
    return datetime.strptime(sync_id, FORMAT).replace(tzinfo=UTC)


def format_sync_id(started_at: datetime) -> str:
    """The id of a sync that started in this second."""
    return started_at.astimezone(UTC).strftime(FORMAT)


def choose_sync_id(now: datetime, newest: str | None) -> str:
    """The id of a sync that starts now: at least a second after the newest one."""
    sync_id = format_sync_id(now)
    if newest is None or sync_id > newest:
        return sync_id
    return format_sync_id(parse_sync_id(newest) + timedelta(seconds=1))
