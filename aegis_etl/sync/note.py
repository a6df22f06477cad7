"""The note that an unfinished sync leaves: what it was doing, so that the next one goes on with it.

It lies where the sync's version is built, and goes when that is published.
"""

from datetime import datetime
from typing import Self

import msgspec

from aegis_etl.api.client import Traffic
from aegis_etl.lake.files import create_folder, write_file
from aegis_etl.lake.manifest import Kind
from aegis_etl.lake.paths import DataDir
from aegis_etl.lake.sync_ids import parse_sync_id

NOTE = "sync.json"
SECONDS_AN_HOUR = 3600


class SyncNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync does, and how far it came.

    Attributes:
        base_sync_id: the published version that it compares with.
        listed: of each dataset listed, whether it is shared; None when nothing was listed.
        requests: sent for this sync by the processes that worked on it, as of its last raw part;
            ``retries`` and ``bytes_received`` likewise.
    """

    kind: Kind
    selection: tuple[int, ...] = ()
    base_sync_id: str | None = None
    reflatten: bool = False
    listed: dict[int, bool | None] | None = None
    requests: int = 0
    retries: int = 0
    bytes_received: int = 0

    def asks_the_same(self, other: Self) -> bool:
        """Whether one sync may continue the other."""
        return (self.kind, self.selection, self.base_sync_id, self.reflatten) == (
            other.kind,
            other.selection,
            other.base_sync_id,
            other.reflatten,
        )

    def with_traffic(self, traffic: Traffic) -> Self:
        """The note with more traffic than it tells of already."""
        return msgspec.structs.replace(
            self,
            requests=self.requests + traffic.requests,
            retries=self.retries + traffic.retries,
            bytes_received=self.bytes_received + traffic.bytes_received,
        )


def write_note(data_dir: DataDir, sync_id: str, note: SyncNote) -> None:
    """Writes the note of a sync, durably."""
    folder = data_dir.building_of(sync_id)
    create_folder(folder)
    write_file(folder / NOTE, msgspec.json.encode(note))


def read_note(data_dir: DataDir, sync_id: str) -> SyncNote | None:
    """The note of a sync; None when it left none that can be read."""
    try:
        text = (data_dir.building_of(sync_id) / NOTE).read_bytes()
        return msgspec.json.decode(text, type=SyncNote)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def find_resumable(
    data_dir: DataDir, *, now: datetime, resume_hours: float
) -> tuple[str, SyncNote] | None:
    """The unfinished sync that the next one of its kind and selection would continue.

    It is the newest sync of all, landed something or was about to, is younger than
    ``AEGIS_RESUME_HOURS``, and what was published when it started still is.
    """
    newest = max(data_dir.sync_ids(), default=None)
    if newest is None or data_dir.has_ended(newest):
        return None
    note = read_note(data_dir, newest)
    # A clock that was set back, or an id that had to be later than its start, makes an age below 0.
    age = max((now - parse_sync_id(newest)).total_seconds(), 0)
    if (
        note is None
        or note.base_sync_id != data_dir.published_sync_id()
        or age >= resume_hours * SECONDS_AN_HOUR
    ):
        return None
    return newest, note
