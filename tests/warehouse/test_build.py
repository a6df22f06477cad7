"""What a built warehouse file is, whatever was synced into it."""

from pathlib import Path

import duckdb
from warehouse_nights import (
    Night,
    Served,
    land,
    ordered,
    rows_of,
    seal,
    started,
    sync_id,
    sync_night,
)

from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.audit import AuditResult
from aegis_etl.warehouse.build import build_warehouse
from aegis_etl.warehouse.connection import (
    MEMORY_LIMIT,
    open_for_reading,
    open_for_writing,
    release_memory,
)
from aegis_etl.warehouse.copying import copy_file
from aegis_etl.warehouse.publish import rollback
from aegis_etl.warehouse.rebuild import rebuild_warehouse
from aegis_etl.warehouse.status import read_published_state


def night(number: int, **row: object) -> Night:
    """A night on which dataset 1 was served with a name of that night."""
    payload = Served(
        {"id": 1, "name": f"night {number}", **row},
        {1: {"id": 1, "dataset_id": 1, "prompt": f"q{number}"}},
        {5: {"id": 5, "dataset_id": 1}},
        {7: {"id": 7, "dataset_id": 1, "run_id": 5, "record_id": 1, "result": float(number)}},
    )
    return Night(number, {1: payload})


def test_everything_carries_a_comment(data_dir: DataDir) -> None:
    """Every table, view, column and as-of macro has a comment, after a second sync too."""
    sync_night(data_dir, night(0))
    sync_night(data_dir, night(1))
    with open_for_reading(data_dir.warehouse) as connection:
        ours = "not internal and database_name = 'warehouse'"
        for kind in ("duckdb_tables()", "duckdb_views()", "duckdb_columns()"):
            assert rows_of(connection, f"from {kind} where {ours} and comment is null") == []
        macros = rows_of(
            connection,
            "select function_name, comment from duckdb_functions()"
            " where database_name = 'warehouse' and function_name like '%_as_of'",
        )
        assert len(macros) == 4
        assert all(macro["comment"] for macro in macros)


def test_the_file_is_alone_and_old_clients_can_read_it(data_dir: DataDir) -> None:
    """No .wal, no spill beside the published file; its format is that of DuckDB 1.2."""
    sync_night(data_dir, night(0))
    version = data_dir.version_of(sync_id(0))
    assert sorted(path.name for path in version.iterdir()) == ["SHA256SUMS", "warehouse.duckdb"]
    with open_for_reading(data_dir.warehouse) as connection:
        (row,) = rows_of(
            connection, "select tags from duckdb_databases() where database_name = 'warehouse'"
        )
    assert "v1.2.0" in str(row["tags"])


def test_main_reads_the_same_under_any_alias(data_dir: DataDir) -> None:
    """Views name no catalog: attached as anything, from a database of another name, they answer."""
    sync_night(data_dir, night(0))
    sync_night(data_dir, night(1))
    with duckdb.connect(str(data_dir.warehouse), read_only=True) as direct:
        names = [row["name"] for row in rows_of(direct, "select name from datasets")]
        (then,) = rows_of(direct, f"select name from datasets_as_of('{started(0)}')")
    assert (names, then["name"]) == (["night 1"], "night 0")
    with duckdb.connect() as other:
        other.execute(f"attach '{data_dir.warehouse.resolve()}' as elsewhere (read_only)")
        assert rows_of(other, "select name from elsewhere.datasets") == [{"name": "night 1"}]
        assert rows_of(other, "select is_latest from elsewhere.main.evaluations") == [
            {"is_latest": True}
        ]
        assert rows_of(other, "from elsewhere.dataset_metrics") == []


def test_findings_and_audits_are_kept_with_the_sync(data_dir: DataDir) -> None:
    """meta.audits holds every check of a sync, those made elsewhere included."""
    drift = AuditResult(audit="drift", passed=False, detail="1 new field")
    results = sync_night(data_dir, night(0), findings=[drift])
    assert results[0] == drift
    with open_for_reading(data_dir.warehouse) as connection:
        kept = rows_of(connection, "select * from meta.audits")
    assert ordered(kept) == ordered(
        [
            {"sync_id": sync_id(0), "audit": r.audit, "passed": r.passed, "detail": r.detail}
            for r in results
        ]
    )


def test_the_marts_step_sees_the_fold_and_what_it_touched(data_dir: DataDir) -> None:
    """Marts are made after all folds and before the audits; their files are published too."""
    seen = []

    def make_marts(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        seen.append(rows_of(connection, "select dataset_id, name from scope, datasets"))
        (folder / "marts").mkdir()
        connection.sql("from scope").write_parquet(str(folder / "marts" / "scope.parquet"))

    sync_night(data_dir, night(0), make_marts=make_marts)
    assert seen == [[{"dataset_id": 1, "name": "night 0"}]]
    assert (data_dir.marts / "scope.parquet").stat().st_mode & 0o777 == 0o400


def test_a_sync_that_was_never_published_is_folded_first(data_dir: DataDir) -> None:
    """A manifest whose publication was killed: the next build folds it, audits and all."""
    sync_night(data_dir, night(0))
    manifest = land(data_dir, night(1))
    killed = seal(data_dir, manifest, build_warehouse(data_dir, manifest))
    sync_night(data_dir, night(2), pending=[killed])
    with open_for_reading(data_dir.warehouse) as connection:
        names = rows_of(connection, "select name from history.datasets order by _valid_from")
        assert [row["name"] for row in names] == ["night 0", "night 1", "night 2"]
        audited = rows_of(connection, "select distinct sync_id from meta.audits order by sync_id")
        assert [row["sync_id"] for row in audited] == [sync_id(n) for n in range(3)]


def test_after_a_rollback_the_next_sync_folds_both(data_dir: DataDir) -> None:
    """Rolling back and syncing on gives the warehouse that never was rolled back."""
    for number in range(2):
        sync_night(data_dir, night(number))
    assert rollback(data_dir) == sync_id(0)
    second = night(1)
    with open_for_reading(data_dir.warehouse) as connection:
        assert rows_of(connection, "select name from datasets") == [{"name": "night 0"}]
    sync_night(data_dir, night(2), pending=[second.manifest()])
    assert rebuild_warehouse(data_dir).differences == []


def test_a_killed_build_is_started_afresh(data_dir: DataDir) -> None:
    """What a killed build left, a log of unwritten pages included, is not taken for anything."""
    sync_night(data_dir, night(0))
    manifest = land(data_dir, night(1))
    folder = data_dir.building_of(sync_id(1))
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").write_bytes(b"half")
    (folder / "warehouse.duckdb.wal").write_bytes(b"half")
    assert all(result.passed for result in build_warehouse(data_dir, manifest))


def test_a_warehouse_of_an_older_version_gets_the_columns_it_lacks(data_dir: DataDir) -> None:
    """Made by code that knew fewer columns: the next sync adds them, and a rebuild is equal."""
    sync_night(data_dir, night(0))
    version = data_dir.warehouse.resolve()
    version.chmod(0o600)
    with open_for_writing(version) as connection:
        for view in ("evaluations", "dataset_metrics"):
            connection.execute(f"drop view main.{view}")
        connection.execute("alter table history.evaluations drop column eval_metadata")
        connection.execute("update meta.definitions set sha256 = 'older'")
    newer = night(1)
    newer.served[1].evaluations[7]["eval_metadata"] = '{"a":1}'
    sync_night(data_dir, newer)
    with open_for_reading(data_dir.warehouse) as connection:
        versions = rows_of(connection, "select result, eval_metadata from history.evaluations")
    assert [tuple(row.values()) for row in versions] == [(0.0, None), (1.0, '{"a":1}')]
    assert rebuild_warehouse(data_dir).differences == []


def test_a_build_never_touches_what_is_published(data_dir: DataDir) -> None:
    """The published file has the same bytes after the next version was built."""
    sync_night(data_dir, night(0))
    before = data_dir.warehouse.read_bytes()
    build_warehouse(data_dir, land(data_dir, night(1)))
    assert data_dir.warehouse.read_bytes() == before


def test_a_sync_compares_with_what_is_published(data_dir: DataDir) -> None:
    """The state names each dataset with hash, sharing and type; a deleted one is no longer open."""
    sync_night(data_dir, night(0, is_shared=True, dataset_type_id=1, dataset_type_name="CUSTOM"))
    (known,) = read_published_state(data_dir.warehouse)
    assert known["payload_sha256"] == "0-1"
    assert (known["is_shared"], known["dataset_type_id"], known["is_custom"]) == (True, 1, True)
    sync_night(data_dir, Night(1, others={1: "deleted"}))
    (known,) = read_published_state(data_dir.warehouse)
    assert (known["status"], known["payload_sha256"], known["is_open"]) == ("deleted", None, False)


def test_a_copy_equals_its_source(tmp_path: Path) -> None:
    """A copy is whole, and private and writable whatever its source is."""
    source, target = tmp_path / "source", tmp_path / "target"
    content = bytes(range(256)) * 9_000
    source.write_bytes(content)
    source.chmod(0o444)
    copy_file(source, target)
    assert target.read_bytes() == content
    assert target.stat().st_mode & 0o777 == 0o600


def test_memory_that_is_released_is_read_from_the_file_again(tmp_path: Path) -> None:
    """Releasing memory loses nothing and leaves the limit as it was."""

    def read_memory(connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
        return connection.sql(
            "select sum(memory_usage_bytes)::bigint, current_setting('memory_limit')"
            " from duckdb_memory()"
        ).fetchall()[0]

    with open_for_writing(tmp_path / "warehouse.duckdb") as connection:
        connection.execute(
            "create table texts as select md5(i::text) as text from range(900_000) t(i)"
        )
        connection.execute("create temp table longest as select max(text) as text from texts")
        held, limit = read_memory(connection)
        release_memory(connection, memory_limit=MEMORY_LIMIT)
        left, limit_after = read_memory(connection)
        assert left < 12_000_000 < held
        assert limit_after == limit
        (same,) = connection.execute(
            "select (select max(text) from texts) = (select text from longest)"
        ).fetchall()
        assert same == (True,)
