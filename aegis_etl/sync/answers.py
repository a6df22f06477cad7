"""Marts and report of a version that is made again from the lake."""

from pathlib import Path

import duckdb

from aegis_etl.lake.paths import DataDir
from aegis_etl.report.page import write_report
from aegis_etl.warehouse.build import MartsStep
from aegis_etl.warehouse.marts import make_marts


def answers_step(data_dir: DataDir) -> MartsStep:
    """The step that makes both from a folded warehouse whose audits are recorded."""

    def make_answers(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        make_marts(connection, folder, metric_names=data_dir.metric_names)
        write_report(connection, folder / data_dir.report.name)

    return make_answers
