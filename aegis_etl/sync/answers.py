"""Marts and report: of a night, and of a version that is made again from the lake."""

import logging
from functools import partial
from pathlib import Path

import duckdb

from aegis_etl.lake.paths import DataDir
from aegis_etl.report.page import write_report
from aegis_etl.warehouse.build import MartsStep
from aegis_etl.warehouse.marts import make_marts

logger = logging.getLogger(__name__)


def marts_step(data_dir: DataDir) -> MartsStep:
    """The step that makes a night's marts, from those of the version that it began as."""
    return partial(make_marts, metric_names=data_dir.metric_names, published=data_dir.marts)


def answers_step(data_dir: DataDir) -> MartsStep:
    """The step that makes both from a folded warehouse whose audits are recorded."""

    def make_answers(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        make_marts(connection, folder, metric_names=data_dir.metric_names)
        write_report(connection, folder / data_dir.report.name)

    return make_answers


def try_report(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Writes the report; one that cannot be drawn costs no night: the last one stays."""
    try:
        write_report(connection, path)
    except Exception:
        logger.exception("the report could not be written, the last one stays")
        path.unlink(missing_ok=True)
