"""The report's charts, as Vega-Lite specifications: numbers and days only, names stay in HTML."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aegis_etl.report.drawing import Spec

WIDE = 470
"""Width of a chart that stands beside a table, in pixels; narrower screens scale it down."""

INTERVAL_WIDTH = 190
_PANEL_WIDTH = 176

_UTC = {"type": "utc"}
Domain = tuple[float, float]


def find_domain(lows: Sequence[float], highs: Sequence[float]) -> Domain:
    """A common scale for intervals of change, zero included, with a little air."""
    low, high = min(0.0, *lows), max(0.0, *highs)
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air


def chart_interval(low: float, mean: float, high: float, *, domain: Domain, worse: bool) -> Spec:
    """One change with its 95 % interval, beside the line of no change."""
    colour = "var(--worse)" if worse else "var(--better)"
    x = {"type": "quantitative", "axis": None, "scale": {"domain": list(domain), "nice": False}}
    return {
        "width": INTERVAL_WIDTH,
        "height": 16,
        "padding": 0,
        "data": {
            "values": [{"low": round(low, 3), "mean": round(mean, 3), "high": round(high, 3)}]
        },
        "layer": [
            {
                "mark": {"type": "rule", "color": "var(--faint)"},
                "encoding": {"x": {**x, "datum": 0}},
            },
            {
                "mark": {"type": "rule", "color": colour, "strokeWidth": 2.5, "strokeCap": "round"},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {
                    "type": "point",
                    "shape": "triangle-down" if worse else "triangle-up",
                    "filled": True,
                    "color": colour,
                    "size": 95,
                    "opacity": 1,
                },
                "encoding": {"x": {**x, "field": "mean"}},
            },
        ],
    }


def chart_interval_axis(domain: Domain) -> Spec:
    """The scale over a column of intervals, in points."""
    axis = {
        "orient": "top",
        "tickCount": 4,
        "labelExpr": "datum.value == 0 ? '0' : format(datum.value, '+~g')",
        "labelBound": 8,
    }
    return {
        "width": INTERVAL_WIDTH,
        "height": 1,
        "padding": 0,
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": "var(--line)", "opacity": 0},
        "encoding": {
            "x": {
                "datum": 0,
                "type": "quantitative",
                "axis": axis,
                "scale": {"domain": list(domain), "nice": False},
            }
        },
    }


def chart_quality(days: Sequence[dict[str, Any]], first: date, last: date) -> Spec:
    """A metric's pass rate day by day, with its 95 % interval, on a scale of its own."""
    ends = [first.isoformat(), last.isoformat()]
    x = {
        "field": "day",
        "type": "temporal",
        "scale": {**_UTC, "domain": ends},
        "axis": {"values": ends, "format": "%-d %b", "labelFlush": True},
    }
    y = {"type": "quantitative", "scale": {"zero": False}}
    axis = {"format": ".0%", "tickCount": 3, "grid": True, "minExtent": 32, "maxExtent": 32}
    values = [
        {
            "day": row["day"].isoformat(),
            "rate": round(row["pass_rate"], 5),
            "low": round(row["pass_rate_low"], 5),
            "high": round(row["pass_rate_high"], 5),
            "last": row is days[-1],
        }
        for row in days
    ]
    return {
        "width": _PANEL_WIDTH,
        "height": 64,
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "area", "color": "var(--accent)", "opacity": 0.18},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "low", "axis": axis},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "line", "color": "var(--accent)", "strokeWidth": 1.6},
                "encoding": {"x": x, "y": {**y, "field": "rate"}},
            },
            {
                "transform": [{"filter": "datum.last"}],
                "mark": {"type": "rule", "color": "var(--accent)", "opacity": 0.45},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "transform": [{"filter": "datum.last"}],
                "mark": {"type": "point", "filled": True, "color": "var(--accent)", "opacity": 1},
                "encoding": {"x": x, "y": {**y, "field": "rate"}},
            },
        ],
    }


def chart_trend(values: Sequence[float | None]) -> Spec:
    """A small line without axes: one number a night, the last one marked."""
    rows = [{"n": place, "value": value} for place, value in enumerate(values) if value is not None]
    x = {
        "field": "n",
        "type": "quantitative",
        "axis": None,
        "scale": {"nice": False, "zero": False},
    }
    y = {"field": "value", "type": "quantitative", "axis": None, "scale": {"zero": False}}
    return {
        "width": 150,
        "height": 24,
        "padding": 3,
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "line", "color": "var(--accent)", "strokeWidth": 1.5},
                "encoding": {"x": x, "y": y},
            },
            {
                "transform": [{"filter": {"field": "n", "equal": rows[-1]["n"]}}],
                "mark": {"type": "point", "filled": True, "color": "var(--accent)", "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
        ],
    }


def chart_bars(
    days: Sequence[date],
    values: Sequence[dict[str, Any]],
    colours: Mapping[str, str],
    *,
    y_format: str = "~s",
) -> Spec:
    """Stacked bars by day, a label a week.

    Args:
        days: all of the scale, also those without a bar.
        values: rows with ``day``, ``kind`` and ``n``.
        colours: of each kind, in the order of stacking from below.
        y_format: of the vertical scale.
    """
    kinds = list(colours)
    scale = [day.isoformat() for day in days]
    bars = [
        {**row, "day": row["day"].isoformat(), "rank": kinds.index(row["kind"])}
        for row in values
        if row["n"]
    ]
    return {
        "width": WIDE,
        "height": 150,
        "data": {"values": bars},
        "mark": "bar",
        "encoding": {
            "x": {
                "field": "day",
                "type": "ordinal",
                "scale": {"domain": scale, "paddingInner": 0.28, "paddingOuter": 0.1},
                "axis": {
                    "values": scale[::-7],
                    "labelAngle": 0,
                    "labelExpr": "utcFormat(toDate(datum.value), '%-d %b')",
                },
            },
            "y": {
                "field": "n",
                "type": "quantitative",
                "stack": True,
                "axis": {"tickCount": 4, "grid": True, "format": y_format},
            },
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": kinds, "range": list(colours.values())},
                "legend": None,
            },
            "order": {"field": "rank", "type": "quantitative"},
        },
    }
