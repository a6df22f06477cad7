"""Writes the report: one HTML file that needs nothing but itself."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aegis_etl.lake.files import write_file
from aegis_etl.report import wording
from aegis_etl.report.contents import Contents, read_contents
from aegis_etl.report.drawing import Draw
from aegis_etl.report.figures import CAPTURES, CHANGES

_LOADER = PackageLoader("aegis_etl.report", "template")


def write_report(connection: duckdb.DuckDBPyConnection, path: Path, draw: Draw) -> None:
    """Writes the morning report of the newest sync, whole and durably.

    The same warehouse gives the same file: windows end at the newest sync's start.

    Args:
        connection: to a built warehouse, with its marts; may be read-only. Temporary relations
            ``nights`` and ``captured_runs`` are left in it.
        path: of the file, such as ``report.html``.
        draw: of a drawing process, which has the charts ready by the time the page is filled in.

    Raises:
        AegisEtlError: the warehouse holds no sync, or a chart cannot be drawn.
    """
    page = render_page(read_contents(connection, draw))
    write_file(path, page.encode())


def render_page(contents: Contents) -> str:
    """The page as HTML. Whatever the API sent stands in it as text."""
    environment = _open_environment()
    source, _, _ = _LOADER.get_source(environment, "report.css")
    style = Markup(f"\n{source}")  # noqa: S704  our own file
    return environment.get_template("report.html.jinja").render(
        vars(contents),
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        capture_colours=CAPTURES,
        change_colours=CHANGES,
    )


@cache
def _open_environment() -> Environment:
    """The templates, compiled once a process: that takes longer than filling them in."""
    environment = Environment(
        loader=_LOADER,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_show_controls,
    )
    environment.filters |= {
        name.removeprefix("say_"): getattr(wording, name)
        for name in dir(wording)
        if name.startswith("say_") or name == "clip"
    }
    return environment


def _show_controls(value: Any) -> Any:
    return wording.show_controls(value) if type(value) is str else value
