"""Re-reads everything below the data directory against its hashes, and audits it in full."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aegis_etl.errors import DataDamagedError
from aegis_etl.lake.files import LakePath, drop_copies, hash_file
from aegis_etl.lake.manifest import Manifest, read_manifest
from aegis_etl.lake.paths import BLOCKED_MANIFEST, MANIFEST, DataDir
from aegis_etl.statements import read_statement
from aegis_etl.warehouse.audit import AuditResult, find_blocking, run_audits
from aegis_etl.warehouse.build import note_scope, tables_of
from aegis_etl.warehouse.connection import MEMORY_LIMIT, open_for_reading
from aegis_etl.warehouse.fold import offer_sync
from aegis_etl.warehouse.publish import SUMS, version_ids
from aegis_etl.warehouse.rebuild import read_published_manifests

RESTORE = "restore it from a backup"
REFLATTEN = "aegis-etl rebuild --from-raw"
REBUILD = "aegis-etl rebuild"


@dataclass(frozen=True)
class Damage:
    """Something below the data directory that is not as it was written.

    Attributes:
        what: the file and what is wrong with it, or the audit that fails.
        mend: the command, or what else to do.
    """

    what: str
    mend: str


@dataclass(frozen=True)
class Verified:
    """What was read, and what of it is damaged; ``audits`` is empty if they could not run."""

    files: int
    damages: list[Damage]
    audits: list[AuditResult]


def verify_data(data_dir: DataDir, *, memory_limit: str = MEMORY_LIMIT) -> Verified:
    """Checks every file of every sync and version, the links, and all audits over all rows.

    A sync without a manifest does not exist, so nothing is asked of its files.
    """
    checked: list[LakePath] = []
    damages = [*check_lake(data_dir, checked), *check_versions(data_dir, checked)]
    audits: list[AuditResult] = []
    if not damages and data_dir.warehouse.exists():
        audits = audit_published(data_dir, memory_limit=memory_limit)
        damages = [
            Damage(f"audit {result.audit}: {result.detail}", REBUILD)
            for result in find_blocking(audits)
        ]
    return Verified(len(checked), damages, audits)


def audit_published(data_dir: DataDir, *, memory_limit: str = MEMORY_LIMIT) -> list[AuditResult]:
    """Every audit over all rows of the published warehouse, beside the lake it was folded from."""
    with open_for_reading(
        data_dir.warehouse, memory_limit=memory_limit, locked=False
    ) as connection:
        connection.execute(read_statement("scope/empty"))
        for manifest in read_published_manifests(data_dir):
            offer_sync(connection, manifest, tables_of(data_dir, manifest.sync_id))
            note_scope(connection)
            drop_copies(data_dir.lake_of(manifest.sync_id))
        return run_audits(connection)


def check_lake(data_dir: DataDir, checked: list[LakePath]) -> Iterator[Damage]:
    """What of raw and lake is not as its manifest says; every file read joins ``checked``."""
    for sync_id in version_ids(data_dir):
        if not data_dir.has_ended(sync_id):
            yield Damage(f"{data_dir.lake_of(sync_id) / MANIFEST} is missing", RESTORE)
    for name, sync_ids in (
        (MANIFEST, data_dir.whole_sync_ids()),
        (BLOCKED_MANIFEST, data_dir.blocked_sync_ids()),
    ):
        for sync_id in sync_ids:
            yield from _check_sync(data_dir, data_dir.lake_of(sync_id) / name, checked)


def _check_sync(data_dir: DataDir, path: LakePath, checked: list[LakePath]) -> Iterator[Damage]:
    checked.append(path)
    try:
        manifest = read_manifest(path)
    except DataDamagedError as damage:
        yield Damage(str(damage), RESTORE)
        return
    hashes = {data_dir.lake_root / name: digest for name, digest in manifest.files.items()}
    for file in _check_files(hashes.items(), checked):
        is_table = file.parent == path.parent and file.suffix == ".parquet"
        yield Damage(_describe(file), REFLATTEN if is_table else RESTORE)
    yield from _find_strangers(data_dir, path, manifest)


def _find_strangers(data_dir: DataDir, path: LakePath, manifest: Manifest) -> Iterator[Damage]:
    folders = (path.parent, data_dir.raw_of(manifest.sync_id))
    for file in sorted((f for folder in folders for f in folder.glob("*.parquet")), key=str):
        if data_dir.name_of(file) not in manifest.files:
            yield Damage(f"{file} is not in {path.name}", f"remove {file}")


def check_versions(data_dir: DataDir, checked: list[LakePath]) -> Iterator[Damage]:
    """What of the versions is not as ``SHA256SUMS`` says; every file read joins ``checked``."""
    for sync_id in version_ids(data_dir):
        folder = data_dir.version_of(sync_id)
        is_published = sync_id == data_dir.published_sync_id()
        mend = REBUILD if is_published else f"remove {folder}: only a rollback needs it"
        try:
            hashes = _read_sums(folder)
        except (OSError, ValueError):
            yield Damage(f"{folder / SUMS} cannot be read", mend)
            continue
        checked.append(folder / SUMS)
        for path in _check_files(hashes.items(), checked):
            yield Damage(_describe(path), mend)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != SUMS and path not in hashes:
                yield Damage(f"{path} is not in {SUMS}", mend)
    if data_dir.current.is_symlink() and not data_dir.current.exists():
        yield Damage(f"{data_dir.current} points at nothing", REBUILD)
    if data_dir.current.exists() and not data_dir.warehouse.exists():
        yield Damage(f"{data_dir.warehouse} points at nothing", REBUILD)


def _read_sums(folder: Path) -> dict[Path, str]:
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    return {folder / name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def _check_files(
    hashes: Iterable[tuple[LakePath, str]], checked: list[LakePath]
) -> Iterator[LakePath]:
    for path, digest in hashes:
        checked.append(path)
        if not path.is_file() or hash_file(path) != digest:
            yield path


def _describe(path: LakePath) -> str:
    if path.is_file():
        return f"{path} is not what was written: its SHA-256 differs"
    return f"{path} is missing"
