"""Publication: one rename, read-only files, a way back, and no harm from a kill."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from warehouse_nights import Night, seal, sync_id

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.manifest import Kind
from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.publish import publish_version, rollback, version_ids

KILLED = Path(__file__).with_name("publish_killed.py")


def prepare(data_dir: DataDir, number: int, kind: Kind = "full", *, report: bool = True) -> str:
    """A built version whose every file says its sync id, and its sync's manifest."""
    name = sync_id(number)
    data_dir.root.mkdir(mode=0o700, exist_ok=True)
    data_dir.lake_of(name).mkdir(parents=True)
    seal(data_dir, Night(number, kind=kind).manifest(), [])
    folder = data_dir.building_of(name)
    (folder / "marts").mkdir(parents=True)
    (folder / "sync.json").write_text("a note of the sync")
    (folder / "warehouse.duckdb").write_text(f"warehouse {name}")
    (folder / "marts" / "cost.parquet").write_text(f"mart {name}")
    if report:
        (folder / "report.html").write_text(f"report {name}")
    return name


def publish(data_dir: DataDir, number: int, kind: Kind = "full", *, report: bool = True) -> str:
    """Prepares a version and publishes it."""
    name = prepare(data_dir, number, kind, report=report)
    publish_version(data_dir, name)
    return name


def read_published(data_dir: DataDir) -> str:
    """What a reader of the fixed links sees: one sync id, the same everywhere."""
    texts = [
        data_dir.warehouse.read_text(),
        (data_dir.marts / "cost.parquet").read_text(),
        data_dir.report.read_text(),
    ]
    (name,) = {text.split()[1] for text in texts}
    return name


def check_sums(folder: Path) -> None:
    """Each file of a version has the hash that SHA256SUMS says, and no other file is there."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    named = {folder / line.split("  ")[1]: line.split("  ")[0] for line in lines}
    there = {p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS"}
    assert set(named) == there
    for path, digest in named.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_links_are_relative_and_change_together(data_dir: DataDir) -> None:
    """Current points below versions/, the fixed links through it; the folder can be moved."""
    publish(data_dir, 0)
    name = publish(data_dir, 1)
    assert str(data_dir.current.readlink()) == f"versions/{name}"
    assert str(data_dir.warehouse.readlink()) == "current/warehouse.duckdb"
    moved = DataDir(data_dir.root.rename(data_dir.root.with_name("moved")))
    assert read_published(moved) == name


@pytest.mark.parametrize(
    ("group_read", "files", "folders"), [(False, 0o400, 0o700), (True, 0o440, 0o750)]
)
def test_what_is_published_is_read_only_and_private(
    data_dir: DataDir, *, group_read: bool, files: int, folders: int
) -> None:
    """Files 0400 in folders 0700; with AEGIS_GROUP_READ 0440 and 0750, up to the data directory."""
    name = prepare(data_dir, 0)
    publish_version(data_dir, name, group_read=group_read)
    version = data_dir.version_of(name)
    check_sums(version)
    for path in (data_dir.root, data_dir.versions, version, *version.rglob("*")):
        expected = folders if path.is_dir() else files
        assert path.stat().st_mode & 0o777 == expected, path
    sums = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=version, check=False
    )
    assert sums.returncode == 0


def test_only_what_is_meant_is_published(data_dir: DataDir) -> None:
    """Notes and remains of the build stay out of the version."""
    version = data_dir.version_of(publish(data_dir, 0))
    assert sorted(path.name for path in version.iterdir()) == [
        "SHA256SUMS",
        "marts",
        "report.html",
        "warehouse.duckdb",
    ]


def test_the_report_of_the_newest_full_sync_stays(data_dir: DataDir) -> None:
    """A sync that makes no report keeps the one before it, a link to the same bytes."""
    publish(data_dir, 0)
    name = publish(data_dir, 1, "active", report=False)
    assert data_dir.report.read_text() == f"report {sync_id(0)}"
    assert data_dir.warehouse.read_text() == f"warehouse {name}"
    check_sums(data_dir.version_of(name))


def test_the_newest_three_and_the_last_three_full_ones_are_kept(data_dir: DataDir) -> None:
    """Nightly versions survive a day of watching; older ones go."""
    for number in range(5):
        publish(data_dir, number)
    for number in range(5, 11):
        publish(data_dir, number, "active")
    assert version_ids(data_dir) == [sync_id(n) for n in (2, 3, 4, 8, 9, 10)]


def test_rollback_goes_back_one_version_at_a_time(data_dir: DataDir) -> None:
    """Warehouse, marts and report go back together; there is an end to it."""
    for number in range(3):
        publish(data_dir, number)
    assert rollback(data_dir) == read_published(data_dir) == sync_id(1)
    assert rollback(data_dir) == read_published(data_dir) == sync_id(0)
    with pytest.raises(AegisEtlError, match="no older version"):
        rollback(data_dir)
    assert read_published(data_dir) == sync_id(0)


def test_rollback_before_the_first_sync_is_one_clear_line(data_dir: DataDir) -> None:
    """Nothing published, nothing to go back to."""
    with pytest.raises(AegisEtlError, match="no older version"):
        rollback(data_dir)


def test_the_published_version_is_never_pruned(data_dir: DataDir) -> None:
    """After a rollback the older version stays as long as it is the published one."""
    for number in range(3):
        publish(data_dir, number)
    rollback(data_dir)
    rollback(data_dir)
    assert read_published(data_dir) == sync_id(0)
    assert publish(data_dir, 3) == read_published(data_dir)


def test_a_version_can_be_replaced_while_it_is_published(data_dir: DataDir) -> None:
    """A rebuilt version takes the place of the one of its name."""
    name = publish(data_dir, 0)
    shutil.copytree(data_dir.version_of(name), data_dir.building_of(name))
    (data_dir.building_of(name) / "warehouse.duckdb").chmod(0o600)
    (data_dir.building_of(name) / "warehouse.duckdb").write_text(f"warehouse {name} again")
    publish_version(data_dir, name)
    assert data_dir.warehouse.read_text() == f"warehouse {name} again"
    assert str(data_dir.current.readlink()) == f"versions/{name}"
    assert version_ids(data_dir) == [name]
    check_sums(data_dir.version_of(name))


def kill_at(data_dir: DataDir, name: str, change: int) -> bool:
    """Publishes in a process that dies before its nth change; whether it came to its end."""
    killed = subprocess.run([sys.executable, KILLED, data_dir.root, name, str(change)], check=False)
    assert killed.returncode in (0, -9)
    return killed.returncode == 0


@pytest.mark.parametrize("again", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize(
    "step", [pytest.param(1, marks=pytest.mark.long), 13], ids=["every change", "some changes"]
)
def test_a_kill_at_any_change_leaves_a_whole_version(
    tmp_path: Path, *, step: int, again: bool
) -> None:
    """Whatever change SIGKILL prevents: readers see one version whole, and the next call mends."""
    pristine = DataDir(tmp_path / "pristine")
    for number in range(3):
        publish(pristine, number)
    name = sync_id(2) if again else prepare(pristine, 3)
    if again:
        shutil.copytree(pristine.version_of(name), pristine.building_of(name))
    change, finished = 0, False
    while not finished:
        data_dir = DataDir(tmp_path / f"{change}")
        shutil.copytree(pristine.root, data_dir.root, symlinks=True)
        finished = kill_at(data_dir, name, change)
        assert read_published(data_dir) in {sync_id(2), name}
        check_sums(data_dir.current.resolve())
        publish(data_dir, 4)
        assert read_published(data_dir) == sync_id(4)
        assert str(data_dir.current.readlink()) == f"versions/{sync_id(4)}"
        for version in version_ids(data_dir):
            check_sums(data_dir.version_of(version))
        assert not list(data_dir.building.glob(".removed-*"))
        assert not list(data_dir.versions.glob(".*"))
        shutil.rmtree(data_dir.root)
        change += step
    assert change > 9
