"""The dashboard's charts, as Vega-Lite specifications.

Their colours can be read on light and dark. Every scale says its domain: data reaches the browser
after the specification, and a scale without one complains on the console until then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from aegis_etl.dashboard.questions import Row

Spec = dict[str, Any]

ACCENT = "#4a7fd4"
WORSE = "#d6493f"
BETTER = "#1f9d6b"
UNCLEAR = "#8b93a0"

CAPTURES: Mapping[str, str] = {
    "captured": ACCENT,
    "partly captured": "#e0a030",
    "missed": WORSE,
    "in progress": UNCLEAR,
    "awaiting": "#b8bec7",
    "before first sync": "#7d6fb0",
    "not served": "#5b626d",
}
"""The captures of runs and their colours, in the order of stacking."""

VERDICTS: Mapping[str, str] = {
    "worse": WORSE,
    "better": BETTER,
    "no clear change": UNCLEAR,
    "too few pairs": UNCLEAR,
}
"""The verdicts of comparisons and their colours."""


def chart_trend(values: Sequence[float | None]) -> Spec:
    """A small line without axes: one number a day, days without one left out."""
    rows = [{"n": place, "value": value} for place, value in enumerate(values) if value is not None]
    return {
        "height": 48,
        "data": {"values": rows},
        "mark": {"type": "line", "color": ACCENT, "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "n",
                "type": "quantitative",
                "axis": None,
                "scale": _scale(0, len(values) - 1),
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "axis": None,
                "scale": _fit(row["value"] for row in rows),
            },
        },
    }


def chart_quality(title: str, note: str, days: Sequence[Row], period: Sequence[date]) -> Spec:
    """A metric's pass rate day by day, with its 95 % interval, on a scale of its own.

    Args:
        title: the metric's name, drawn as it is.
        days: ``day, judged, pass_rate, pass_rate_low, pass_rate_high`` of each day with verdicts.
        period: the days of the scale, in order.
    """
    ends = [row[end] for row in days for end in ("pass_rate_low", "pass_rate_high")]
    y = {"type": "quantitative", "scale": _fit(ends)}
    return {
        "title": {
            "text": title,
            "subtitle": note,
            "subtitleColor": UNCLEAR,
            "anchor": "start",
            "offset": 6,
        },
        "height": 130,
        "data": {"values": _write_days(days)},
        "encoding": {
            "x": {
                "field": "day",
                "type": "temporal",
                "scale": {"type": "utc", "domain": [period[0].isoformat(), period[-1].isoformat()]},
                "axis": {"title": None, "format": "%-d %b", "grid": False, "tickCount": 3},
            },
            "tooltip": [
                _tell_day(),
                _tell("pass_rate", "pass rate", ".1%"),
                _tell("pass_rate_low", "from", ".1%"),
                _tell("pass_rate_high", "to", ".1%"),
                _tell("judged", "verdicts", ","),
            ],
        },
        "layer": [
            {
                "mark": {"type": "area", "color": ACCENT, "opacity": 0.2},
                "encoding": {
                    "y": {
                        **y,
                        "field": "pass_rate_low",
                        "axis": {"title": None, "format": ".0%", "tickCount": 3},
                    },
                    "y2": {"field": "pass_rate_high"},
                },
            },
            {
                "mark": {
                    "type": "line",
                    "color": ACCENT,
                    "strokeWidth": 2,
                    "point": {"size": 18, "color": ACCENT},
                },
                "encoding": {"y": {**y, "field": "pass_rate"}},
            },
        ],
    }


def chart_bars(
    bars: Sequence[Row],
    period: Sequence[date],
    colours: Mapping[str, str],
    *,
    title: str,
    y_format: str,
    y_step: float = 0,
) -> Spec:
    """Stacked bars by day.

    Args:
        bars: rows with ``day``, ``kind`` and ``n``, at least one.
        period: the days of the scale, in order.
        colours: of each kind, in the order of stacking from below.
        title: of the vertical scale.
        y_format: of the vertical scale.
        y_step: the least distance of its ticks.
    """
    kinds = [kind for kind in colours if any(row["kind"] == kind for row in bars)]
    heights = [sum(row["n"] for row in bars if row["day"] == day) for day in period]
    return {
        "height": 280,
        "data": {
            "values": [{**row, "rank": kinds.index(row["kind"])} for row in _write_days(bars)]
        },
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "day",
                "type": "ordinal",
                "scale": {"domain": [day.isoformat() for day in period], "paddingInner": 0.25},
                "axis": {
                    "title": None,
                    "values": [day.isoformat() for day in period[::-7]],
                    "labelAngle": 0,
                    "labelExpr": "utcFormat(toDate(datum.value), '%-d %b')",
                },
            },
            "y": {
                "field": "n",
                "type": "quantitative",
                "title": title,
                "scale": {"domain": [0, max(heights) or 1]},
                "axis": {"tickCount": 4, "tickMinStep": y_step, "format": y_format},
            },
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": kinds, "range": [colours[kind] for kind in kinds]},
                "legend": {"title": None, "orient": "bottom"} if len(kinds) > 1 else None,
            },
            "order": {"field": "rank", "type": "quantitative"},
            "tooltip": [
                _tell_day(),
                {"field": "kind", "type": "nominal", "title": " "},
                _tell("n", title, y_format),
            ],
        },
    }


def chart_intervals(changes: Sequence[Row]) -> Spec:
    """Each change of a mean score with its 95 % interval, beside the line of no change.

    Args:
        changes: ``label, verdict, mean_change, change_low, change_high``, at least one, in the
            order of drawing; labels are unique, the ends of an interval may be null.
    """
    labels = [row["label"] for row in changes]
    ends = [row[name] for row in changes for name in ("mean_change", "change_low", "change_high")]
    x = {
        "type": "quantitative",
        "title": "change, points",
        "scale": _fit([0.0, *(end for end in ends if end is not None)]),
        "axis": {
            "tickCount": 8,
            "labelExpr": "datum.value == 0 ? '0' : format(datum.value, '+~g')",
        },
    }
    each = {
        "y": {
            "field": "label",
            "type": "nominal",
            "scale": {"domain": labels},
            "axis": {"title": None, "labelLimit": 280, "grid": False},
        },
        "color": {
            "field": "verdict",
            "type": "nominal",
            "scale": {"domain": list(VERDICTS), "range": list(VERDICTS.values())},
            "legend": None,
        },
        "tooltip": [
            {"field": "label", "type": "nominal", "title": "metric"},
            {"field": "verdict", "type": "nominal", "title": "verdict"},
            _tell("mean_change", "change", "+.1f"),
            _tell("change_low", "from", "+.1f"),
            _tell("change_high", "to", "+.1f"),
        ],
    }
    return {
        "height": 26 * len(changes) + 60,
        "data": {"values": list(changes)},
        "layer": [
            {
                "mark": {"type": "rule", "color": UNCLEAR, "strokeDash": [3, 3]},
                "encoding": {"x": {**x, "datum": 0}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {
                    **each,
                    "x": {**x, "field": "change_low"},
                    "x2": {"field": "change_high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {**each, "x": {**x, "field": "mean_change"}},
            },
        ],
    }


def _write_days(rows: Sequence[Row]) -> list[Row]:
    return [{**row, "day": row["day"].isoformat()} for row in rows]


def _fit(values: Iterable[float]) -> Spec:
    """A scale from the least value to the greatest, with a little air."""
    known = list(values)
    air = 0.05 * (max(known) - min(known)) or 0.05
    return _scale(min(known) - air, max(known) + air)


def _scale(low: float, high: float) -> Spec:
    return {"domain": [low, high], "nice": False, "zero": False}


def _tell(field: str, title: str, number_format: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "format": number_format}


def _tell_day() -> Spec:
    return {"field": "day", "type": "nominal", "title": "day"}
