"""Warehouses in memory, empty but for their definitions."""

from collections.abc import Iterator

import duckdb
import pytest
from marts_syncs import open_warehouse

from aegis_etl.warehouse.marts import build_marts


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a new warehouse."""
    with open_warehouse() as connection:
        yield connection


@pytest.fixture(scope="session")
def empty_marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse of nothing whose marts are made: only to be read."""
    with open_warehouse() as connection:
        build_marts(connection)
        yield connection
