"""Marts and report: of a night, and of a version that is made again from the lake."""

import logging
from functools import partial
from pathlib import Path

import duckdb

from aegis_etl.lake.manifest import Kind
from aegis_etl.lake.paths import DataDir
from aegis_etl.report.drawing import Drawing
from aegis_etl.report.page import write_report
from aegis_etl.warehouse.build import MartsStep, ReportStep
from aegis_etl.warehouse.marts import make_marts

logger = logging.getLogger(__name__)


def answers_step(data_dir: DataDir) -> MartsStep:
    """The step that makes both from a folded warehouse whose audits are recorded."""

    def make_answers(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        with Drawing() as drawing:
            make_marts(connection, folder, metric_names=data_dir.metric_names)
            write_report(connection, folder / data_dir.report.name, drawing)

    return make_answers


def night_steps(
    data_dir: DataDir, kind: Kind, drawing: Drawing
) -> tuple[MartsStep, ReportStep | None]:
    """The two steps of a night, the marts and then, of a full sync, the report.

    The charts' process starts at once, but in a first sync when the marts are made: before, its
    memory would add to what storing a whole account takes.
    """
    make_night_marts = partial(
        make_marts, metric_names=data_dir.metric_names, published=data_dir.marts
    )
    if kind != "full":
        return make_night_marts, None
    if data_dir.warehouse.exists():
        drawing.start()

    def make_then_start(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        make_night_marts(connection, folder)
        drawing.start()

    return make_then_start, partial(_try_report, drawing=drawing)


def _try_report(connection: duckdb.DuckDBPyConnection, path: Path, *, drawing: Drawing) -> None:
    """Writes the report; one that cannot be drawn costs no night: the last one stays."""
    try:
        write_report(connection, path, drawing)
    except Exception:
        logger.exception("the report could not be written, the last one stays")
        path.unlink(missing_ok=True)
    finally:
        drawing.end()  # before the checkpoint, which takes its memory
