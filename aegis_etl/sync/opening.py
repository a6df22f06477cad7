"""Opens a sync: takes the lock, names the sync or continues a killed one, reads what is known."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aegis_etl.errors import LakeStoreError
from aegis_etl.extract.decisions import KnownDataset
from aegis_etl.lake.files import LakePath, claim_folder, private_modes
from aegis_etl.lake.lock import hold_lock
from aegis_etl.lake.manifest import Kind, Manifest
from aegis_etl.lake.paths import DataDir, open_data_dir
from aegis_etl.lake.raw import RawRow
from aegis_etl.lake.sync_ids import choose_sync_id, parse_sync_id
from aegis_etl.settings import Settings
from aegis_etl.sync.disk import check_room, full_disk_explained
from aegis_etl.sync.known import read_known, read_known_shape, read_pending
from aegis_etl.sync.note import SyncNote, find_resumable, write_note
from aegis_etl.sync.remains import clear_remains
from aegis_etl.sync.salvage import read_landed_whole, salvage_abandoned
from aegis_etl.tables.drift import FieldShape


@dataclass(frozen=True)
class SyncRequest:
    """What a sync is asked to do.

    Attributes:
        kind: ``full`` lists and fetches all; ``active`` lists all and fetches the datasets with a
            recent run; ``selected`` fetches ``dataset_ids``.
        reflatten: flatten every payload again, the unchanged ones too.
        allow_mass_delete: go on where the listing lost more datasets than is plausible.
    """

    kind: Kind = "full"
    dataset_ids: tuple[int, ...] = ()
    reflatten: bool = False
    allow_mass_delete: bool = False


@dataclass(frozen=True)
class Sync:
    """A sync that holds the lock of its data directory.

    Attributes:
        note: what it does, and the traffic of the killed processes that it continues.
        known: what the warehouse knows of each dataset, syncs not yet published included.
        known_shape: how the API's fields came in all syncs so far.
        pending: syncs of the lake that the published version does not hold, oldest first.
        landed: what a killed run of this same sync landed: the part and the row that count.
    """

    settings: Settings
    data_dir: DataDir
    request: SyncRequest
    sync_id: str
    note: SyncNote
    known: dict[int, KnownDataset]
    known_shape: list[FieldShape]
    pending: tuple[Manifest, ...]
    landed: dict[int, tuple[LakePath, RawRow]] = field(default_factory=dict)
    resumed: bool = False

    @property
    def started_at(self) -> datetime:
        """The sync's start: the whole second that its id names."""
        return parse_sync_id(self.sync_id)


@contextmanager
def open_sync(
    settings: Settings, request: SyncRequest, *, now: datetime, wait_seconds: float = 0
) -> Iterator[Sync]:
    """Holds the data directory's lock for one sync, new or continued.

    What another sync left unfinished that this one does not continue becomes a sync of its own
    first. Leaving it frees the lock and clears away what was half-done.

    Args:
        now: the sync's start; its id is this second, or one after the newest id. What the lock
            takes to get is added.
        wait_seconds: how long to wait for another sync to end.

    Raises:
        SyncRunningError: another sync of the data directory is running.
        SettingsError: the data directory is no folder.
        SyncStoppedError: the disk has no room for a sync.
        AegisEtlError: the data directory cannot be written.
    """
    data_dir = open_data_dir(settings)
    asked_at = time.monotonic()
    with private_modes(), hold_lock(data_dir, wait_seconds=wait_seconds):
        now += timedelta(seconds=time.monotonic() - asked_at)
        clear_remains(data_dir)
        check_room(data_dir, reflatten=request.reflatten)
        try:
            with full_disk_explained(data_dir):
                sync = _begin(settings, data_dir, request, now)
            yield sync
        finally:
            # What ended the sync is what its user must hear of; the next one clears again.
            with suppress(OSError, LakeStoreError):
                clear_remains(data_dir)


def _begin(settings: Settings, data_dir: DataDir, request: SyncRequest, now: datetime) -> Sync:
    note = SyncNote(
        kind=request.kind,
        selection=request.dataset_ids,
        base_sync_id=data_dir.published_sync_id(),
        reflatten=request.reflatten,
    )
    resumable = find_resumable(data_dir, now=now, resume_hours=settings.resume_hours)
    continued = None
    if resumable and resumable[1].asks_the_same(note):
        continued, note = resumable
    salvage_abandoned(data_dir, continued=continued, now=now)
    sync_id = continued or _claim_sync_id(data_dir, now)
    write_note(data_dir, sync_id, note)
    pending = read_pending(data_dir)
    return Sync(
        settings=settings,
        data_dir=data_dir,
        request=request,
        sync_id=sync_id,
        note=note,
        known=read_known(data_dir, pending),
        known_shape=read_known_shape(data_dir),
        pending=pending,
        landed=read_landed_whole(data_dir, sync_id) if continued else {},
        resumed=continued is not None,
    )


def _claim_sync_id(data_dir: DataDir, now: datetime) -> str:
    """The id of a new sync, which no other machine that syncs into the same lake can have."""
    sync_id = choose_sync_id(now, max(data_dir.sync_ids(), default=None))
    while not claim_folder(data_dir.lake_of(sync_id)):
        sync_id = choose_sync_id(now, sync_id)
    return sync_id
