"""The marts' Parquet: written where rows may have changed, else the published file once more."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.marts import NOT_WRITTEN, build_marts, write_marts


@pytest.fixture
def published(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """The Parquet of a version, read-only as published files are."""
    build_marts(warehouse)
    folder = tmp_path / "published"
    for path in write_marts(warehouse, folder):
        path.chmod(0o400)
    return folder


def test_a_mart_that_was_not_made_keeps_its_file(
    warehouse: duckdb.DuckDBPyConnection, published: Path, tmp_path: Path
) -> None:
    """It bears a second name, and each mart that was made gets a file of its own."""
    paths = write_marts(warehouse, tmp_path / "next", made=["dataset_health"], published=published)
    assert {path.stem for path in paths} == read_mart_columns().keys() - {NOT_WRITTEN}
    for path in paths:
        assert path.samefile(published / path.name) == (path.stem != "dataset_health")


def test_a_build_after_a_killed_one_leaves_published_files_alone(
    warehouse: duckdb.DuckDBPyConnection, published: Path, tmp_path: Path
) -> None:
    """What a killed build linked is not written through when its mart is made."""
    before = {path: path.read_bytes() for path in published.iterdir()}
    write_marts(warehouse, tmp_path / "next", made=[], published=published)
    warehouse.execute("truncate marts.dataset_health")
    paths = write_marts(warehouse, tmp_path / "next", made=list(read_mart_columns()))
    assert not any(path.samefile(published / path.name) for path in paths)
    assert {path: path.read_bytes() for path in published.iterdir()} == before


def test_a_file_that_is_not_there_is_written(
    warehouse: duckdb.DuckDBPyConnection, published: Path, tmp_path: Path
) -> None:
    """A version that lost a file gives its successor a whole one."""
    (published / "cost_daily.parquet").unlink()
    write_marts(warehouse, tmp_path / "next", made=[], published=published)
    columns = pq.read_schema(tmp_path / "next" / "cost_daily.parquet").names
    assert columns == [column.name for column in read_mart_columns()["cost_daily"]]
