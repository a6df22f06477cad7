"""Draws Vega-Lite specifications as inline SVG whose colours are the page's CSS variables."""

import re
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


def draw(spec: Spec, label: str) -> Markup:
    """The chart as one ``<svg role="img">``, named for who cannot see it.

    Args:
        spec: a Vega-Lite specification that holds its data.
        label: the sentence that the chart shows.
    """
    import vl_convert  # loads a JavaScript engine: not before there is something to draw

    svg = vl_convert.vegalite_to_svg({"padding": 2, **spec, "config": _CONFIG})
    size = _ROOT.match(svg)
    if size is None:
        raise ValueError(f"not the SVG that vl-convert writes: {svg[:200]}")
    root = Markup('<svg class="chart" role="img" aria-label="{}" {}>').format(
        label,
        Markup(size["size"]),  # noqa: S704  three numbers of our own drawing
    )
    return root + Markup(svg[size.end() :])  # noqa: S704  drawn from our own numbers, no text of the API
