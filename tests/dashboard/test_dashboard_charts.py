"""The charts as Vega-Lite understands them, without a browser."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
import vl_convert
from dashboard_account import HOSTILE

from aegis_etl.dashboard.charts import (
    CAPTURES,
    Spec,
    chart_bars,
    chart_intervals,
    chart_quality,
    chart_trend,
)

PERIOD = [date(2026, 11, 1) + timedelta(days=day) for day in range(30)]
DAY = {"judged": 10, "pass_rate": 0.5, "pass_rate_low": 0.3, "pass_rate_high": 0.7}
CHANGE = {"verdict": "worse", "mean_change": -3.0, "change_low": -5.0, "change_high": -1.0}


def changes(*labels: str, **more: Any) -> list[dict[str, Any]]:
    """One change a label."""
    return [{**CHANGE, "label": label, **more} for label in labels]


SPECS = {
    "trend": chart_trend([1.0, None, 3.0]),
    "flat trend": chart_trend([1.0, 1.0]),
    "quality": chart_quality(HOSTILE[0], "note", [{"day": day, **DAY} for day in PERIOD], PERIOD),
    "quality of one day": chart_quality("m", "note", [{"day": PERIOD[-1], **DAY}], PERIOD),
    "bars": chart_bars(
        [{"day": PERIOD[3], "kind": kind, "n": 2} for kind in CAPTURES],
        PERIOD,
        CAPTURES,
        title="runs",
        y_format="~s",
    ),
    "bars of nothing": chart_bars(
        [{"day": PERIOD[0], "kind": "cost", "n": 0.0}],
        PERIOD,
        {"cost": "#000"},
        title="cost",
        y_format="~g",
    ),
    "intervals": chart_intervals(changes(*HOSTILE)),
    "interval unknown": chart_intervals(changes("m", change_low=None, change_high=None)),
    "no change": chart_intervals(changes("m", mean_change=0.0, change_low=0.0, change_high=0.0)),
}


@pytest.mark.parametrize("name", SPECS)
def test_every_chart_can_be_drawn(name: str) -> None:
    """Each specification is one that Vega-Lite draws, from rows that are JSON."""
    assert vl_convert.vegalite_to_svg(json.loads(json.dumps(SPECS[name]))).startswith("<svg")


@pytest.mark.parametrize("name", SPECS)
def test_every_scale_says_its_domain(name: str) -> None:
    """Without data no scale is left to guess: a browser has the specification before the data."""
    empty: Spec = {**SPECS[name], "data": {"values": []}}
    compiled = vl_convert.vegalite_to_vega(empty)

    assert compiled["scales"]
    for scale in compiled["scales"]:
        assert '"data"' not in json.dumps(scale["domain"]), scale


def test_hostile_names_are_text() -> None:
    """A name that is markup is drawn letter by letter."""
    for name in ("quality", "intervals"):
        svg = vl_convert.vegalite_to_svg(SPECS[name])
        assert "<script" not in svg
        assert "<img" not in svg
        assert "&lt;script&gt;alert(" in svg


def test_bars_stack_to_their_sum() -> None:
    """The scale reaches to the tallest day's sum."""
    bars = [
        {"day": PERIOD[0], "kind": "captured", "n": 2},
        {"day": PERIOD[0], "kind": "missed", "n": 5},
        {"day": PERIOD[1], "kind": "missed", "n": 6},
    ]

    spec = chart_bars(bars, PERIOD, CAPTURES, title="runs", y_format="~s")

    assert spec["encoding"]["y"]["scale"]["domain"] == [0, 7]
    assert spec["encoding"]["color"]["scale"]["domain"] == ["captured", "missed"]
