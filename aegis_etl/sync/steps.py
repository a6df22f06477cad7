"""The steps of one sync, in order, as plain functions: what an asset calls, what a test calls.

Each leaves something durable behind and takes up what the one before it left.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from aegis_etl.api.client import Client
from aegis_etl.api.clock import Clock
from aegis_etl.errors import SyncStoppedError
from aegis_etl.extract.decisions import (
    check_deleted,
    check_failed,
    check_selected,
    check_vanished,
    decide_is_shared,
)
from aegis_etl.extract.listing import Listing, list_datasets
from aegis_etl.lake.files import write_file
from aegis_etl.lake.manifest import Manifest, commit_manifest, encode_manifest, hash_files
from aegis_etl.lake.paths import AUDITS, BLOCKED_MANIFEST
from aegis_etl.report.drawing import Drawing
from aegis_etl.settings import Settings
from aegis_etl.sync.accounting import make_manifest
from aegis_etl.sync.answers import night_steps
from aegis_etl.sync.choosing import choose_dataset_ids
from aegis_etl.sync.disk import full_disk_explained
from aegis_etl.sync.entries import has_news
from aegis_etl.sync.fetching import Fetching, fetch_and_flatten
from aegis_etl.sync.findings import make_findings
from aegis_etl.sync.iceberg import require_iceberg, update_iceberg
from aegis_etl.sync.note import write_note
from aegis_etl.sync.opening import Sync, SyncRequest, open_sync
from aegis_etl.sync.progress import show_progress
from aegis_etl.sync.remains import remove_sync
from aegis_etl.sync.retention import prune_raw
from aegis_etl.sync.summary import SyncSummary
from aegis_etl.warehouse.audit import AuditResult, encode_audits, find_blocking
from aegis_etl.warehouse.build import build_warehouse
from aegis_etl.warehouse.publish import publish_version

logger = logging.getLogger(__name__)


@dataclass
class RunningSync:
    """An open sync, its client, and what its steps have left so far."""

    sync: Sync
    client: Client
    stack: ExitStack
    quiet: bool


@contextmanager
def start_sync(
    settings: Settings,
    request: SyncRequest,
    *,
    now: datetime,
    wait_seconds: float = 0,
    quiet: bool = True,
    clock: Clock | None = None,
) -> Iterator[RunningSync]:
    """Opens a sync with a client of its own; leaving it ends what it started and frees the lock.

    Args:
        now: the sync's start, if it is no continued one.
        wait_seconds: how long to wait for another sync to end.
        clock: the time that the client goes by; the machine's when it is left out.

    Raises:
        SettingsError: there is no key, the data directory is no folder, or an extra is missing.
        SyncRunningError: another sync of the data directory is running.
    """
    require_iceberg(settings)
    with ExitStack() as stack:
        client = stack.enter_context(Client(settings, clock=clock))
        sync = stack.enter_context(open_sync(settings, request, now=now, wait_seconds=wait_seconds))
        if sync.resumed:
            landed = len(sync.landed)
            logger.info("continuing sync %s: %d datasets are landed", sync.sync_id, landed)
        yield RunningSync(sync, client, stack, quiet)


def list_account(running: RunningSync) -> Listing | None:
    """Lists the account both ways; a sync of selected datasets lists nothing.

    Raises:
        SyncStoppedError: the listing lost more datasets than is plausible.
        ApiError: the API gave no answer to use.
    """
    sync, settings = running.sync, running.sync.settings
    if sync.request.kind == "selected":
        return None
    listing = list_datasets(
        running.client, page_size=settings.page_size, type_ids=settings.dataset_type_ids
    )
    check_vanished(
        listing,
        sync.known,
        max_deleted_fraction=settings.max_deleted_fraction,
        allow_mass_delete=sync.request.allow_mass_delete,
    )
    return listing


def fetch_payloads(running: RunningSync, listing: Listing | None) -> Fetching:
    """Lands the payload of every dataset that this sync asks for, and starts flattening them.

    Raises:
        ApiError: the key died, the account is out of credits, or the API is down.
        OSError: a part could not be written.
    """
    sync = running.sync
    dataset_ids = choose_dataset_ids(sync, listing)
    is_shared = {i: decide_is_shared(i, listing, sync.known.get(i)) for i in dataset_ids}
    listed = {i: is_shared.get(i) for i in listing.entries} if listing else None
    note = msgspec.structs.replace(sync.note, listed=listed)
    with (
        full_disk_explained(sync.data_dir),
        show_progress("datasets", len(dataset_ids), quiet=running.quiet) as advance,
    ):
        write_note(sync.data_dir, sync.sync_id, note)
        return fetch_and_flatten(
            sync,
            running.client,
            dataset_ids,
            is_shared,
            note=note,
            stack=running.stack,
            advance=advance,
        )


@dataclass(frozen=True)
class Flat:
    """A sync whose lake tables are written: its manifest, not yet written, and what it noticed."""

    manifest: Manifest
    findings: list[AuditResult]


def write_lake(running: RunningSync, listing: Listing | None, fetching: Fetching) -> Flat:
    """Finishes the lake's tables.

    Raises:
        SyncStoppedError: more datasets failed, or would be closed, than is plausible; or none of
            those selected is there.
    """
    sync, settings = running.sync, running.sync.settings
    with full_disk_explained(sync.data_dir):
        flattened, lake_rows = fetching.finish()
    manifest = make_manifest(
        sync.sync_id,
        sync.note.with_traffic(running.client.traffic),
        listing=listing,
        rows=fetching.rows,
        flattened=flattened,
        lake_rows=lake_rows,
        known=sync.known,
        known_shape=sync.known_shape,
        finished_at=running.client.clock.now(),
    )
    if manifest.kind == "selected":
        missing = [entry.dataset_id for entry in manifest.datasets if entry.status == "missing"]
        check_selected(missing, asked=len(manifest.datasets))
    check_failed(
        asked=len(manifest.datasets),
        fetched=manifest.datasets_fetched,
        failed=manifest.datasets_failed,
        max_failed_fraction=settings.max_failed_fraction,
    )
    if listing:
        check_deleted(
            [entry.dataset_id for entry in manifest.datasets if entry.status == "deleted"],
            listing,
            sync.known,
            max_deleted_fraction=settings.max_deleted_fraction,
            allow_mass_delete=sync.request.allow_mass_delete,
        )
    findings = make_findings(
        listing,
        flattened.outcomes,
        known_shape=sync.known_shape,
        shape=flattened.shape,
        sync_id=sync.sync_id,
    )
    return Flat(manifest, findings)


@dataclass(frozen=True)
class Built:
    """A warehouse built aside, and what its audits said."""

    manifest: Manifest
    audits: list[AuditResult]


def build(running: RunningSync, flat: Flat) -> Built:
    """Builds the next version aside, audits it, and writes ``audits.json``.

    Raises:
        SyncStoppedError: the disk is full.
    """
    data_dir, sync_id = running.sync.data_dir, running.sync.sync_id
    with full_disk_explained(data_dir), Drawing() as drawing:
        make_marts, write_report = night_steps(data_dir, flat.manifest.kind, drawing)
        audits = build_warehouse(
            data_dir,
            flat.manifest,
            pending=running.sync.pending,
            findings=flat.findings,
            make_marts=make_marts,
            write_report=write_report,
        )
        write_file(data_dir.lake_of(sync_id) / AUDITS, encode_audits(audits))
        files = hash_files(data_dir, sync_id)
    return Built(msgspec.structs.replace(flat.manifest, files=files), audits)


def publish(running: RunningSync, built: Built) -> SyncSummary:
    """Writes the manifest and publishes the built version, if no audit blocks it.

    Raises:
        SyncStoppedError: an audit blocks: the sync ends as ``manifest.blocked.json`` and what was
            built stays for inspection. Or the disk is full.
    """
    sync = running.sync
    data_dir, sync_id = sync.data_dir, sync.sync_id
    lake = data_dir.lake_of(sync_id)
    with full_disk_explained(data_dir):
        if blocking := find_blocking(built.audits):
            write_file(lake / BLOCKED_MANIFEST, encode_manifest(built.manifest))
            raise SyncStoppedError(
                f"sync {sync_id} was not published, yesterday's warehouse stays: "
                + "; ".join(f"audit {audit.audit}: {audit.detail}" for audit in blocking)
                + f". See {lake / AUDITS}; what was built is in {data_dir.building_of(sync_id)}"
            )
        commit_manifest(data_dir, built.manifest)
        publish_version(data_dir, sync_id, group_read=sync.settings.group_read)
    if sync.request.kind == "full":
        days = sync.settings.raw_retention_days
        prune_raw(data_dir, now=sync.started_at, retention_days=days)
    failed_audits = [f"{a.audit}: {a.detail}" for a in built.audits if not a.passed]
    return SyncSummary.of(
        built.manifest,
        warnings=[*failed_audits, *update_iceberg(sync.settings, data_dir)],
        resumed=sync.resumed,
        warehouse=str(data_dir.warehouse),
    )


def discard_unchanged(running: RunningSync, flat: Flat) -> SyncSummary | None:
    """Ends a sync of a part of the account that found nothing new: no file, no version, no row.

    Returns:
        Its summary, with status ``unchanged``; None when there is something to publish.
    """
    sync, manifest = running.sync, flat.manifest
    if (
        manifest.kind == "full"
        or manifest.base_sync_id is None
        or sync.pending
        or manifest.errors
        or any(has_news(entry, sync.known.get(entry.dataset_id)) for entry in manifest.datasets)
    ):
        return None
    remove_sync(sync.data_dir, sync.sync_id)
    summary = SyncSummary.of(
        manifest, warnings=[], resumed=sync.resumed, warehouse=str(sync.data_dir.warehouse)
    )
    return msgspec.structs.replace(summary, status="unchanged")


def run_sync(
    settings: Settings,
    request: SyncRequest,
    *,
    now: datetime,
    quiet: bool = True,
    clock: Clock | None = None,
) -> SyncSummary:
    """One sync in this process, without Dagster; arguments as of ``start_sync``.

    Raises:
        AegisEtlError: nothing new was published; says why.
    """
    with start_sync(settings, request, now=now, quiet=quiet, clock=clock) as running:
        listing = list_account(running)
        fetching = fetch_payloads(running, listing)
        flat = write_lake(running, listing, fetching)
        return discard_unchanged(running, flat) or publish(running, build(running, flat))
