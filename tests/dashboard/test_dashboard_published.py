"""Which version a page shows: whole, the newest, and never in the way of the next."""

import shutil
from pathlib import Path

import pytest
from dashboard_account import copy_account

from aegis_etl.dashboard import published
from aegis_etl.dashboard.published import find_version, open_published
from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.publish import rollback
from aegis_etl.warehouse.query import find_warehouse


@pytest.fixture
def data_dir(lived: DataDir, tmp_path: Path) -> DataDir:
    """An account of several versions, to be changed."""
    return copy_account(lived, tmp_path / "data")


def count_syncs(data_dir: DataDir) -> int:
    """How many syncs the published version knows."""
    with open_published(data_dir) as connection:
        return len(connection.table("meta.syncs").fetchall())


def test_before_the_first_sync_there_is_no_version(tmp_path: Path) -> None:
    """Nothing published: no version, and an error that says so."""
    assert find_version(DataDir(tmp_path)) is None
    assert find_version(DataDir(Path("/dev/null"))) is None
    with (
        pytest.raises(AegisEtlError, match="nothing is published"),
        open_published(DataDir(tmp_path)),
    ):
        pass


def test_an_open_page_is_in_nobodys_way(data_dir: DataDir) -> None:
    """Another version is published while one is read; the reader keeps the whole of its own."""
    syncs = count_syncs(data_dir)
    shown = find_version(data_dir)
    assert shown is not None
    with open_published(data_dir) as connection:
        rollback(data_dir)
        shutil.rmtree(shown.path.parent)

        assert len(connection.table("meta.syncs").fetchall()) == syncs
        assert connection.table("main.evaluations").aggregate("count(*)").fetchall() > [(0,)]

    assert find_version(data_dir) != shown
    assert count_syncs(data_dir) == syncs - 1


def test_a_version_made_anew_is_another(data_dir: DataDir) -> None:
    """``erase`` puts a file of the same name in its place: that is noticed too."""
    before = find_version(data_dir)
    assert before is not None
    anew = data_dir.root / "anew"
    shutil.copyfile(before.path, anew)
    anew.rename(before.path)

    after = find_version(data_dir)

    assert after is not None
    assert after.path == before.path
    assert after != before


def test_a_version_pruned_before_it_was_opened_gives_way(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding a version and opening it, it may be pruned: the newer is opened."""
    syncs = count_syncs(data_dir)
    pruned = data_dir.versions / "pruned" / "warehouse.duckdb"
    found = iter([pruned, find_warehouse(data_dir)])
    monkeypatch.setattr(published, "find_warehouse", lambda _: next(found))

    assert count_syncs(data_dir) == syncs
