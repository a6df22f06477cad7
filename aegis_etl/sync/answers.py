"""Marts and report: of a night, and of a version that is made again from the lake."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb

from aegis_etl.lake.manifest import Kind
from aegis_etl.lake.paths import DataDir
from aegis_etl.report.drawing import Draw, open_drawing
from aegis_etl.report.page import write_report
from aegis_etl.warehouse.build import MartsStep, ReportStep
from aegis_etl.warehouse.marts import make_marts

logger = logging.getLogger(__name__)


def marts_step(data_dir: DataDir) -> MartsStep:
    """The step that makes a night's marts, from those of the version that it began as."""
    return partial(make_marts, metric_names=data_dir.metric_names, published=data_dir.marts)


def answers_step(data_dir: DataDir) -> MartsStep:
    """The step that makes both from a folded warehouse whose audits are recorded."""

    def make_answers(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        with open_drawing() as draw:
            make_marts(connection, folder, metric_names=data_dir.metric_names)
            write_report(connection, folder / data_dir.report.name, draw)

    return make_answers


@contextmanager
def report_step(kind: Kind) -> Iterator[ReportStep | None]:
    """The step that writes the report of a full sync; starts what draws its charts."""
    if kind != "full":
        yield None
        return
    with open_drawing() as draw:
        yield partial(_try_report, draw=draw)


def _try_report(connection: duckdb.DuckDBPyConnection, path: Path, *, draw: Draw) -> None:
    """Writes the report; one that cannot be drawn costs no night: the last one stays."""
    try:
        write_report(connection, path, draw)
    except Exception:
        logger.exception("the report could not be written, the last one stays")
        path.unlink(missing_ok=True)
