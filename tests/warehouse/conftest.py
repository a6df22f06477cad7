"""What every test of the warehouse may ask for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.connection import open_for_writing
from aegis_etl.warehouse.schema import create_definitions


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with all its definitions and no row."""
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with open_for_writing(path) as connection:
        create_definitions(connection)
    return path


@pytest.fixture
def connection(tmp_path: Path, empty_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that writes an empty warehouse."""
    path = tmp_path / "warehouse.duckdb"
    shutil.copyfile(empty_warehouse, path)
    with open_for_writing(path) as connection:
        yield connection


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    """An empty data directory."""
    return DataDir(tmp_path / "data")
