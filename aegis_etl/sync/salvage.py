"""Saves what an abandoned sync landed: the API may have forgotten its evaluations since.

A sync is abandoned when it was killed or failed and cannot be continued any more: it is too old, of
another kind, or another version was published meanwhile. What it landed whole becomes a sync of its
own, under its own id, folded before the next one. It closes no dataset, because nobody knows any
more what its listing proved.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from aegis_etl.extract.decisions import decide_is_shared
from aegis_etl.extract.listing import ListedDataset, Listing
from aegis_etl.lake.files import LakePath, write_file
from aegis_etl.lake.flattening import Flattener
from aegis_etl.lake.manifest import Manifest, SyncError, commit_manifest, hash_files
from aegis_etl.lake.paths import AUDITS, DataDir
from aegis_etl.lake.raw import RawRow, read_landed, remove_damaged_parts
from aegis_etl.lake.sync_ids import format_sync_id
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.sync.accounting import make_manifest
from aegis_etl.sync.findings import make_findings
from aegis_etl.sync.known import read_known, read_known_shape, read_pending
from aegis_etl.sync.note import SyncNote, read_note
from aegis_etl.sync.remains import remove_sync
from aegis_etl.warehouse.audit import encode_audits

logger = logging.getLogger(__name__)

ABANDONED = SyncError(
    dataset_id=None,
    stage="fetch",
    error="the sync was killed or failed and could not be continued: what it had landed was kept",
)

Landed = Mapping[int, tuple[LakePath, RawRow]]


def salvage_abandoned(data_dir: DataDir, *, continued: str | None, now: datetime) -> None:
    """Makes a whole sync, not yet published, of each abandoned one that landed a new payload.

    A kill at any point leaves it abandoned, to be salvaged by the next sync. One that landed no new
    payload is removed.

    Args:
        continued: the unfinished sync that goes on.
        now: a sync that another machine began in the same lake counts as abandoned after a day.
    """
    a_day_ago = format_sync_id(now - timedelta(days=1))
    for sync_id in data_dir.unfinished_sync_ids(begun_elsewhere_before=a_day_ago):
        if sync_id == continued:
            continue
        landed = {
            dataset_id: (part, row)
            for dataset_id, (part, row) in read_landed_whole(data_dir, sync_id).items()
            if row.status in {"ok", "unchanged"}
        }
        if any(row.status == "ok" for _, row in landed.values()):
            manifest = _flatten_landed(data_dir, sync_id, landed)
            commit_manifest(data_dir, manifest)
            logger.warning("sync %s could not be continued: what it landed was kept", sync_id)
        else:
            remove_sync(data_dir, sync_id)


def read_landed_whole(data_dir: DataDir, sync_id: str) -> dict[int, tuple[LakePath, RawRow]]:
    """What an unfinished sync landed of each dataset; damaged parts are removed first."""
    for part in remove_damaged_parts(data_dir.raw_of(sync_id)):
        logger.warning("%s is damaged: its payloads are asked for again", part)
    return read_landed(data_dir.raw_of(sync_id))


def _flatten_landed(data_dir: DataDir, sync_id: str, landed: Landed) -> Manifest:
    rows = [row for _, row in landed.values()]
    note = read_note(data_dir, sync_id) or _guess_note(data_dir, rows)
    listing = _recall_listing(note, landed)
    known = read_known(data_dir, read_pending(data_dir))
    known_shape = read_known_shape(data_dir)
    payloads: dict[LakePath, dict[int, bool | None]] = defaultdict(dict)
    for dataset_id, (part, row) in landed.items():
        if row.status == "ok":
            payloads[part][dataset_id] = decide_is_shared(
                dataset_id, listing, known.get(dataset_id)
            )
    with LakeWriter(data_dir, sync_id) as lake, Flattener(lake) as flattener:
        for part, is_shared in payloads.items():
            flattener.submit(part, is_shared)
        flattened = flattener.finish()
        lake_rows = lake.commit()
    manifest = make_manifest(
        sync_id,
        note,
        listing=listing,
        rows=rows,
        flattened=flattened,
        lake_rows=lake_rows,
        known=known,
        known_shape=known_shape,
        finished_at=max(row.fetched_at for row in rows),
    )
    findings = make_findings(
        listing,
        flattened.outcomes,
        known_shape=known_shape,
        shape=flattened.shape,
        sync_id=sync_id,
    )
    write_file(data_dir.lake_of(sync_id) / AUDITS, encode_audits(findings))
    return msgspec.structs.replace(
        manifest,
        status="partial",
        errors=[ABANDONED, *manifest.errors],
        files=hash_files(data_dir, sync_id),
    )


def _recall_listing(note: SyncNote, landed: Landed) -> Listing | None:
    """The listing of the abandoned sync as far as it landed; it proves no absence."""
    if note.listed is None:
        return None
    return Listing(
        entries={
            dataset_id: ListedDataset(
                dataset_id=dataset_id,
                name=None,
                dataset_type_id=None,
                is_custom=False,
                is_shared=is_shared,
            )
            for dataset_id, is_shared in note.listed.items()
            if dataset_id in landed
        },
        types_listed=[],
        whole_types=frozenset(),
        custom_whole=False,
    )


def _guess_note(data_dir: DataDir, rows: list[RawRow]) -> SyncNote:
    return SyncNote(
        kind="full",
        base_sync_id=data_dir.published_sync_id(),
        requests=sum(row.attempts for row in rows),
        retries=sum(row.attempts - 1 for row in rows),
        bytes_received=sum(row.bytes or 0 for row in rows),
    )
