"""Draws Vega-Lite specifications as inline SVG whose colours are the page's CSS variables.

A thread of its own draws: the JavaScript engine takes 0.7 s to start and holds up nobody meanwhile.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

Spec = dict[str, Any]

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
class Drawing:
    """A chart, drawn or about to be: it stands in a page as one ``<svg role="img">``.

    Attributes:
        label: names it for who cannot see it.
    """

    label: str
    svg: Future[str]

    def __html__(self) -> str:
        """Its markup, as soon as it is drawn."""
        svg = self.svg.result()
        size = _ROOT.match(svg)
        if size is None:
            raise ValueError(f"not the SVG that vl-convert writes: {svg[:200]}")
        root = Markup('<svg class="chart" role="img" aria-label="{}" {}>').format(
            self.label,
            Markup(size["size"]),  # noqa: S704  three numbers of our own drawing
        )
        return root + Markup(svg[size.end() :])  # noqa: S704  drawn from our own numbers, no text of the API


def draw(spec: Spec, label: str) -> Drawing:
    """The chart of a Vega-Lite specification that holds its data.

    Args:
        label: the sentence that the chart shows.
    """
    return Drawing(label, _pen().submit(_convert, {"padding": 2, **spec, "config": _CONFIG}))


def start_drawing() -> None:
    """Starts the engine, so that it is ready when there is something to draw."""
    _pen().submit(_convert, {"data": {"values": [{}]}, "mark": "point"})


@cache
def _pen() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="drawing")


def _convert(spec: Spec) -> str:
    import vl_convert  # loads a JavaScript engine: not before there is something to draw

    return str(vl_convert.vegalite_to_svg(spec))
