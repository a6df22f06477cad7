"""Draws Vega-Lite specifications as inline SVG whose colours are the page's CSS variables."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from markupsafe import Markup

from aegis_etl.errors import AegisEtlError

Spec = dict[str, Any]
"""A Vega-Lite specification that holds its data."""

_CONFIG: Spec = {
    "aria": False,
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "grid": False,
        "gridColor": "var(--line)",
        "labelColor": "var(--muted)",
        "labelFontSize": 11,
        "tickColor": "var(--line)",
        "tickSize": 4,
        "title": None,
    },
}
_ROOT = re.compile(r'<svg [^>]*(?P<size>width="[\d.]+" height="[\d.]+" viewBox="[\d. -]+")>')


@dataclass(frozen=True)
class Figure:
    """A chart that is being drawn: put into a page, it is one ``<svg role="img">``.

    Attributes:
        label: the sentence that the chart shows, for who cannot see it.
    """

    label: str
    _svg: Future[str]

    def __html__(self) -> Markup:
        """The drawing; waits until it is there.

        Raises:
            AegisEtlError: it cannot be drawn.
        """
        svg = self._svg.result()
        size = _ROOT.match(svg)
        if size is None:
            raise AegisEtlError(f"not the SVG that vl-convert writes: {svg[:200]}")
        root = Markup('<svg class="chart" role="img" aria-label="{}" {}>').format(
            self.label,
            Markup(size["size"]),  # noqa: S704  three numbers of our own drawing
        )
        return root + Markup(svg[size.end() :])  # noqa: S704  drawn from our own numbers, no text of the API


Draw = Callable[[Spec, str], Figure]
"""Begins to draw a specification, under a label; does not wait."""


@contextmanager
def open_drawing() -> Iterator[Draw]:
    """Starts a process that draws, and ends it: its engine is ready about a second later."""
    with (
        subprocess.Popen(
            # -P: a module in the working directory must not stand in for one of ours.
            [sys.executable, "-P", "-m", "aegis_etl.report.draw_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            process_group=0,  # so that Ctrl-C reaches this process alone
        ) as process,
        ThreadPoolExecutor(1, thread_name_prefix="drawing") as in_turn,
    ):
        try:
            yield lambda spec, label: Figure(label, in_turn.submit(_draw, process, spec))
        finally:
            process.kill()
            with suppress(BrokenPipeError):
                _pipes(process)[0].close()


def _draw(process: "subprocess.Popen[str]", spec: Spec) -> str:
    specs, drawings = _pipes(process)
    try:
        specs.write(json.dumps({"padding": 2, **spec, "config": _CONFIG}) + "\n")
        specs.flush()
        return str(json.loads(drawings.readline()))
    except (BrokenPipeError, json.JSONDecodeError) as end:
        raise AegisEtlError("the process that draws the report's charts ended") from end


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  both were asked for
    return process.stdin, process.stdout
