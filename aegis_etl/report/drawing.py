"""Draws Vega-Lite specifications as inline SVG whose colours are the page's CSS variables."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

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


class Drawing:
    """Draws in a process of its own, which ends with the block; called, it is a ``Draw``.

    The process is ready about a second after ``start``, which the first chart calls if nobody
    did. One that cannot be started is an error of the charts and of nothing else.
    """

    def __init__(self) -> None:
        self._in_turn = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends the process, if it is running, and with it what is still being drawn."""
        if self._process:
            self._process.kill()
        self._in_turn.shutdown()
        if self._process:
            self._process.communicate()  # closes the pipes
            self._process = None

    def start(self) -> None:
        """Starts the process, if it is not running."""
        if self._process is None:
            with suppress(OSError):
                self._process = subprocess.Popen(
                    # -P: a module in the working directory must not stand in for one of ours.
                    [sys.executable, "-P", "-m", "aegis_etl.report.draw_worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    encoding="utf-8",
                    process_group=0,  # so that Ctrl-C reaches this process alone
                )

    def __call__(self, spec: Spec, label: str) -> Figure:
        """Begins to draw; see ``Draw``."""
        self.start()
        return Figure(label, self._in_turn.submit(self._draw, spec))

    def _draw(self, spec: Spec) -> str:
        if self._process is None:
            raise AegisEtlError("the process that draws the report's charts could not be started")
        specs, drawings = self._process.stdin, self._process.stdout
        assert specs is not None and drawings is not None  # noqa: S101, PT018  both were asked for
        try:
            specs.write(json.dumps({"padding": 2, **spec, "config": _CONFIG}) + "\n")
            specs.flush()
            return str(json.loads(drawings.readline()))
        except (BrokenPipeError, json.JSONDecodeError) as end:
            raise AegisEtlError("the process that draws the report's charts ended") from end
