"""Publishes a built version by one rename of a link, and switches back.

A kill at any point leaves the link on a whole version; the next call mends the rest.
"""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from aegis_etl.errors import AegisEtlError, LakeStoreError
from aegis_etl.lake.files import create_folder, hash_file, sync_folder, write_file
from aegis_etl.lake.manifest import read_manifest
from aegis_etl.lake.paths import MANIFEST, DataDir

SUMS = "SHA256SUMS"
STANDIN = ".standin"
KEPT_VERSIONS = 3
KEPT_FULL_VERSIONS = 3


def publish_version(data_dir: DataDir, sync_id: str, *, group_read: bool = False) -> None:
    """Publishes ``building/<sync_id>`` as ``versions/<sync_id>`` and switches ``current`` to it.

    The report of the version before is kept where the new one has none. Versions beyond the
    newest three and those of the last three full syncs are removed.

    Args:
        group_read: files get 0440 and the directories to them 0750, else 0400 and 0700.
    """
    folder = data_dir.building_of(sync_id)
    _keep_only_published_files(data_dir, folder)
    if not (folder / data_dir.report.name).exists() and data_dir.report.exists():
        (folder / data_dir.report.name).hardlink_to(data_dir.report.resolve())
    create_folder(data_dir.versions)
    seal_version(folder, group_read=group_read)
    _open_parents(data_dir, group_read=group_read)
    place_version(data_dir, sync_id)
    switch_version(data_dir, sync_id)
    with suppress(LakeStoreError):  # it is published; the next publication prunes
        prune_versions(data_dir)


def place_version(data_dir: DataDir, sync_id: str) -> None:
    """Moves the sealed ``building/<sync_id>`` to ``versions/``, in the place of one of that name.

    While the published version itself is replaced, ``current`` points at a second name of the new
    files.
    """
    folder, version = data_dir.building_of(sync_id), data_dir.version_of(sync_id)
    create_folder(data_dir.versions)
    if sync_id == data_dir.published_sync_id():
        standin = data_dir.versions / STANDIN / sync_id
        shutil.rmtree(standin.parent, ignore_errors=True)
        shutil.copytree(folder, standin, copy_function=os.link)
        sync_folder(standin.parent)
        _replace_link(data_dir.current, standin.relative_to(data_dir.root))
    if version.exists():
        _remove_version(data_dir, sync_id)
    folder.rename(version)
    sync_folder(data_dir.versions)
    sync_folder(data_dir.building)


def rollback(data_dir: DataDir, *, group_read: bool = False) -> str:
    """Switches ``current`` to the version before, and returns its sync id.

    Args:
        group_read: as of ``publish_version``; what is published now gets these modes.

    Raises:
        AegisEtlError: there is no older version.
    """
    published = data_dir.published_sync_id()
    older = [sync_id for sync_id in version_ids(data_dir) if published and sync_id < published]
    if not older:
        raise AegisEtlError("there is no older version to roll back to; see aegis-etl status")
    seal_version(data_dir.version_of(older[-1]), group_read=group_read)
    _open_parents(data_dir, group_read=group_read)
    switch_version(data_dir, older[-1])
    return older[-1]


def switch_version(data_dir: DataDir, sync_id: str) -> None:
    """Points ``current`` at a version, by one rename, and mends the fixed links."""
    _replace_link(data_dir.current, Path(data_dir.versions.name) / sync_id)
    for link in (data_dir.warehouse, data_dir.marts, data_dir.report):
        target = Path(data_dir.current.name) / link.name
        exists = (data_dir.root / target).exists()
        if exists and not (link.is_symlink() and link.readlink() == target):
            _replace_link(link, target)
    sync_folder(data_dir.root)


def version_ids(data_dir: DataDir) -> list[str]:
    """The sync ids of the versions that are kept, oldest first."""
    return sorted(path.name for path in data_dir.versions.glob("[!.]*"))


def prune_versions(data_dir: DataDir) -> None:
    """Removes versions that are neither recent nor of a recent full sync, never the published."""
    versions = version_ids(data_dir)
    full = [i for i in versions if _kind_of(data_dir, i) == "full"]
    kept = {
        data_dir.published_sync_id(),
        *versions[-KEPT_VERSIONS:],
        *full[-KEPT_FULL_VERSIONS:],
    }
    for sync_id in versions:
        if sync_id not in kept:
            _remove_version(data_dir, sync_id)
    if data_dir.current.resolve().parent == data_dir.versions.resolve():
        shutil.rmtree(data_dir.versions / STANDIN, ignore_errors=True)
    for remains in data_dir.building.glob(".removed-*"):
        shutil.rmtree(remains)


def _remove_version(data_dir: DataDir, sync_id: str) -> None:
    """Takes a version away whole: first out of sight by a rename, then file by file."""
    removed = data_dir.building / f".removed-{sync_id}"
    shutil.rmtree(removed, ignore_errors=True)
    data_dir.version_of(sync_id).rename(removed)
    sync_folder(data_dir.versions)
    shutil.rmtree(removed)


def seal_version(folder: Path, *, group_read: bool) -> None:
    """Writes ``SHA256SUMS``, as ``sha256sum --check`` reads it; makes all read-only and durable."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != SUMS)
    lines = [f"{hash_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    write_file(folder / SUMS, "".join(lines).encode())  # an older one is read-only
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o440 if group_read else 0o400)
            _sync_file(path)
    for path in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        path.chmod(0o750 if group_read else 0o700)
        sync_folder(path)


def _open_parents(data_dir: DataDir, *, group_read: bool) -> None:
    data_dir.versions.chmod(0o750 if group_read else 0o700)
    if group_read:
        _let_group_pass(data_dir.root)


def _let_group_pass(folder: Path) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o050 != 0o050:
        folder.chmod(mode | 0o050)


def _keep_only_published_files(data_dir: DataDir, folder: Path) -> None:
    published = {data_dir.warehouse.name, data_dir.marts.name, data_dir.report.name}
    for path in folder.iterdir():
        if path.name not in published:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _kind_of(data_dir: DataDir, sync_id: str) -> str:
    return read_manifest(data_dir.lake_of(sync_id) / MANIFEST).kind


def _replace_link(link: Path, target: Path) -> None:
    aside = link.with_name(f".{link.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(link)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
