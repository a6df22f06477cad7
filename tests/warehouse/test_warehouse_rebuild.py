"""The lake alone gives the warehouse again; verify finds damage; erase leaves nothing behind."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warehouse_account import Account
from warehouse_nights import Night, Served, land, rows_of, seal, started, sync_id, sync_night

from aegis_etl.errors import AegisEtlError, DataDamagedError
from aegis_etl.lake.manifest import SyncError, encode_manifest, read_manifest
from aegis_etl.lake.paths import BLOCKED_MANIFEST, MANIFEST, DataDir
from aegis_etl.warehouse.audit import AuditResult
from aegis_etl.warehouse.build import build_warehouse
from aegis_etl.warehouse.connection import open_for_reading, open_for_writing
from aegis_etl.warehouse.erase import erase_dataset
from aegis_etl.warehouse.publish import publish_version, rollback, seal_version
from aegis_etl.warehouse.rebuild import rebuild_warehouse
from aegis_etl.warehouse.verify import verify_data

SECRET = "the secret of dataset two"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """A data directory after six random nights, a blocked one, and a dataset with a secret."""
    data_dir = DataDir(tmp_path_factory.mktemp("lived") / "data")
    account = Account(Random(4))
    for number in range(6):
        night = account.next_night(number)
        if 2 in night.served:
            for row in night.served[2].records.values():
                row["prompt"] = SECRET
        night.errors = [SyncError(dataset_id=2, stage="flatten", error=SECRET)]
        land_raw(data_dir, night)
        sync_night(data_dir, night)
    blocked = account.next_night(6)
    land_raw(data_dir, blocked)
    manifest = seal(data_dir, land(data_dir, blocked), [])
    folder = data_dir.lake_of(manifest.sync_id)
    (folder / MANIFEST).rename(folder / BLOCKED_MANIFEST)
    return data_dir


def land_raw(data_dir: DataDir, night: Night) -> None:
    """A raw part with a payload of each dataset."""
    folder = data_dir.raw_of(sync_id(night.number))
    folder.mkdir(parents=True)
    rows = [
        {"dataset_id": i, "payload": f"{SECRET if i == 2 else 'text'}".encode()} for i in (1, 2)
    ]
    schema = pa.schema([("dataset_id", pa.int64()), ("payload", pa.binary())])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "part-00001.parquet")


@pytest.fixture
def copied(lived: DataDir, tmp_path: Path) -> DataDir:
    """A copy of it to do harm to."""
    shutil.copytree(lived.root, tmp_path / "data", symlinks=True)
    return DataDir(tmp_path / "data")


def unseal(path: Path) -> Path:
    """Makes a published file writable, as an accident would find it."""
    path.chmod(0o600)
    return path


def test_a_rebuild_equals_what_is_published(lived: DataDir, copied: DataDir) -> None:
    """Main, history and meta are equal, row for row; all audits pass in full."""
    rebuilt = rebuild_warehouse(copied)
    assert rebuilt.differences == []
    assert rebuilt.sync_id == lived.published_sync_id()
    assert all(audit.passed for audit in rebuilt.audits)


def test_a_rebuild_names_what_differs(copied: DataDir) -> None:
    """A row that the lake does not have, in any table, is told; so is one that is missing."""
    with open_for_writing(unseal(copied.warehouse.resolve())) as connection:
        connection.execute("insert into history.records by name select 1 as dataset_id, 99 as id")
        connection.execute("delete from meta.syncs where sync_id = $id", {"id": sync_id(0)})
    differences = rebuild_warehouse(copied).differences
    assert differences == [
        "main.records: 0 rows only in the lake, 1 only in the published",
        "history.records: 0 rows only in the lake, 1 only in the published",
        "meta.syncs: 1 rows only in the lake, 0 only in the published",
    ]


def test_a_lost_warehouse_comes_back(copied: DataDir) -> None:
    """With every version gone, rebuild and publish give the warehouse again."""
    before = read_history(copied)
    shutil.rmtree(copied.versions)
    copied.current.unlink()
    rebuilt = rebuild_warehouse(copied)
    assert rebuilt.differences is None
    publish_version(copied, rebuilt.sync_id)
    assert read_history(copied) == before
    assert verify_data(copied).damages == []


def test_a_damaged_warehouse_is_replaced(copied: DataDir) -> None:
    """A published file that is no database any more is no obstacle."""
    before = read_history(copied)
    unseal(copied.warehouse.resolve()).write_bytes(b"not a database")
    rebuilt = rebuild_warehouse(copied)
    assert rebuilt.differences is None
    publish_version(copied, rebuilt.sync_id)
    assert read_history(copied) == before
    assert verify_data(copied).damages == []


def test_after_a_rollback_a_rebuild_equals_the_older_version(copied: DataDir) -> None:
    """The newer sync is of the lake, and not of what is published."""
    assert rollback(copied) == sync_id(4)
    rebuilt = rebuild_warehouse(copied)
    assert (rebuilt.sync_id, rebuilt.differences) == (sync_id(4), [])


@pytest.mark.parametrize("name", ["records.parquet", "audits.json"])
def test_a_damaged_lake_is_not_folded(copied: DataDir, name: str) -> None:
    """A rebuild stops at what it cannot read, and names it."""
    (copied.lake_of(sync_id(1)) / name).write_bytes(b"{damaged")
    with pytest.raises(DataDamagedError, match=sync_id(1)):
        rebuild_warehouse(copied)


def test_without_a_sync_there_is_nothing_to_rebuild(data_dir: DataDir) -> None:
    """One clear line."""
    with pytest.raises(AegisEtlError, match="no sync"):
        rebuild_warehouse(data_dir)


def test_what_is_whole_verifies(lived: DataDir) -> None:
    """Every file of lake, raw and versions was read, and all audits ran."""
    verified = verify_data(lived)
    assert verified.damages == []
    assert len(verified.audits) >= 10
    folders = (lived.lake, lived.raw, lived.versions)
    assert verified.files == sum(p.is_file() for f in folders for p in f.rglob("*"))


def hashed_files(data_dir: DataDir) -> list[Path]:
    """Every file below the data directory."""
    return sorted(p for p in data_dir.root.rglob("*") if p.is_file() and not p.is_symlink())


def test_a_flipped_byte_anywhere_is_found(copied: DataDir) -> None:
    """One bit of any file of lake, raw or versions: verify names that file and how to mend it."""
    paths = [p for p in hashed_files(copied) if copied.building not in p.parents]
    for path in Random(0).sample(paths, 12):
        content = path.read_bytes()
        position = len(content) // 2
        flipped = bytes([content[position] ^ 1])
        unseal(path).write_bytes(content[:position] + flipped + content[position + 1 :])
        verified = verify_data(copied)
        assert any(str(path) in damage.what for damage in verified.damages), path
        assert all(damage.mend for damage in verified.damages)
        path.write_bytes(content)
    assert verify_data(copied).damages == []


@pytest.mark.parametrize("where", ["lake", "raw", "versions"])
def test_a_missing_and_a_strange_file_are_found(copied: DataDir, where: str) -> None:
    """What a hash names must be there, and nothing else may be read as data."""
    parquet = {
        "lake": "records.parquet",
        "raw": "part-00001.parquet",
        "versions": "warehouse.duckdb",
    }
    path = min((copied.root / where).rglob(parquet[where]))
    strange = path.with_name("strange.parquet")
    shutil.copyfile(path, strange)
    path.unlink()
    told = [damage.what for damage in verify_data(copied).damages]
    assert any(str(path) in what and "missing" in what for what in told)
    assert any(str(strange) in what for what in told)


def test_a_sound_file_with_unsound_rows_fails_its_audit(copied: DataDir) -> None:
    """Verify audits everything: hashes that agree do not make rows right."""
    version = copied.warehouse.resolve()
    with open_for_writing(unseal(version)) as connection:
        connection.execute("insert into history.evaluations from history.evaluations")
    seal_version(version.parent, group_read=False)
    verified = verify_data(copied)
    assert any("keys_unique" in damage.what for damage in verified.damages), verified


def test_an_unfinished_sync_is_no_damage(copied: DataDir) -> None:
    """Without a manifest a sync does not exist."""
    copied.lake_of(sync_id(9)).mkdir()
    (copied.lake_of(sync_id(9)) / "records.parquet").write_bytes(b"half")
    assert verify_data(copied).damages == []


def read_history(data_dir: DataDir) -> list[Any]:
    """Every version of every record and evaluation."""
    with open_for_reading(data_dir.warehouse) as connection:
        return [
            sorted(rows_of(connection, f"from history.{table}"), key=repr)
            for table in ("records", "evaluations")
        ]


def test_erased_is_erased_everywhere(copied: DataDir) -> None:
    """No byte of it is left; the rest is as before; verify and rebuild pass; it is noted."""
    others = [[r for r in rows if r["dataset_id"] != 2] for rows in read_history(copied)]
    assert any(SECRET.encode() in path.read_bytes() for path in hashed_files(copied))
    (copied.building_of(sync_id(6))).mkdir(parents=True, exist_ok=True)
    (copied.building_of(sync_id(6)) / "warehouse.duckdb").write_text(SECRET)
    (copied.lake_of(sync_id(6)) / "runs.parquet.part").write_text(SECRET)
    erasure = erase_dataset(copied, 2, now=started(9))
    for path in hashed_files(copied):
        assert SECRET.encode() not in path.read_bytes(), path
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            key = "id" if path.name == "datasets.parquet" else "dataset_id"
            assert 2 not in table[key].to_pylist()
    with open_for_reading(copied.warehouse) as connection:
        for table in ("datasets", "evaluated_runs", "runs"):
            key = "id" if table == "datasets" else "dataset_id"
            assert rows_of(connection, f"from history.{table} where {key} = 2") == []
        for table in ("dataset_state", "sync_errors"):
            assert rows_of(connection, f"from meta.{table} where dataset_id = 2") == []
    assert read_history(copied) == others
    assert verify_data(copied).damages == []
    assert rebuild_warehouse(copied).differences == []
    assert erasure.rows["payloads"] == 7
    assert erasure.rows["records"] > 0
    noted = msgspec.json.decode((copied.root / "erased.json").read_bytes())
    assert [(line["dataset_id"], line["erased_at"]) for line in noted] == [
        (2, "2026-01-10T02:00:00Z")
    ]


def test_erasing_goes_on_after_a_kill(copied: DataDir) -> None:
    """Files rewritten, manifest not yet: a second call finishes."""
    table = copied.table_of(sync_id(0), "records")
    pq.write_table(pq.read_table(table, filters=[("dataset_id", "!=", 2)]), table)
    assert verify_data(copied).damages
    erase_dataset(copied, 2, now=datetime(2026, 2, 1, tzinfo=UTC))
    assert verify_data(copied).damages == []


def test_erasing_again_harms_nothing_and_reaches_every_version(copied: DataDir) -> None:
    """What is not there is erased with no rows; older versions can still be rolled back to."""
    erase_dataset(copied, 2, now=started(9))
    again = erase_dataset(copied, 2, now=started(10))
    assert set(again.rows.values()) == {0}
    assert rollback(copied) == sync_id(4)
    assert rebuild_warehouse(copied).differences == []
    assert verify_data(copied).damages == []


def test_audits_forget_erased_rows(tmp_path: Path) -> None:
    """Offending rows of the dataset go from audits.json; those of others stay."""
    data_dir = DataDir(tmp_path / "data")
    night = Night(0, {1: Served({"id": 1}), 2: Served({"id": 2})})
    rows = [{"dataset_id": 1}, {"dataset_id": 2}, {"dataset_id": 1, "other_dataset_id": 2}]
    finding = AuditResult(audit="found", passed=False, detail="3 offending rows", rows=rows)
    manifest = land(data_dir, night)
    results = [finding, *build_warehouse(data_dir, manifest, findings=[finding])[1:]]
    seal(data_dir, manifest, results)
    publish_version(data_dir, manifest.sync_id)
    erase_dataset(data_dir, 2, now=started(1))
    kept = msgspec.json.decode((data_dir.lake_of(sync_id(0)) / "audits.json").read_bytes())
    assert kept[0]["rows"] == [{"dataset_id": 1}]
    manifest = read_manifest(data_dir.lake_of(sync_id(0)) / MANIFEST)
    assert manifest.ids_listed == [1]
    assert encode_manifest(manifest) == (data_dir.lake_of(sync_id(0)) / MANIFEST).read_bytes()
