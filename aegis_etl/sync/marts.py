"""The marts of a version: made after the fold, before the audits."""

from pathlib import Path

import duckdb

from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.build import MartsStep
from aegis_etl.warehouse.marts import build_marts, write_marts
from aegis_etl.warehouse.metric_names import load_metric_names


def marts_step(data_dir: DataDir) -> MartsStep:
    """The step of a build that makes the marts and their Parquet, with the user's metric names."""

    def make_marts(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        load_metric_names(connection, data_dir.metric_names)
        touched = connection.table("scope").project("dataset_id").fetchall()
        build_marts(connection, refreshed=[dataset_id for (dataset_id,) in touched])
        write_marts(connection, folder / data_dir.marts.name)

    return make_marts
