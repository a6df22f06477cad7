"""The tab *Cost*: what each day cost, as the API reports it, and where it went."""

from decimal import Decimal

import duckdb
import streamlit as st

from aegis_etl.dashboard.charts import ACCENT, chart_bars
from aegis_etl.dashboard.columns import show_table
from aegis_etl.dashboard.questions import ask
from aegis_etl.dashboard.selection import Selection
from aegis_etl.report.wording import say_cost, say_count, say_many

_DIMENSIONS = ("metric", "dataset", "scoring model", "owner")
_SPENT = (
    "name",
    "cost",
    "share",
    "evaluations",
    "evaluations_without_cost",
    "credits",
    "input_tokens",
    "output_tokens",
)


def show_spending(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """A bar a day over 30 days, and the cost by metric, dataset, scoring model or owner."""
    days = ask(connection, "days", **selection.values).to_pylist()
    evaluations = sum(day["evaluations"] for day in days)
    if not evaluations:
        st.info("No evaluation was received for these 30 days.")
        return
    unknown = sum(day["evaluations_without_cost"] for day in days)
    known = [day["cost"] for day in days if day["cost"] is not None]
    st.caption(
        "The 30 whole UTC days before the newest sync:"
        f" {say_cost(sum(known, Decimal(0)) if known else None)} for"
        f" {say_many(evaluations, 'evaluation')}, failed and re-scored ones included."
        + (f" {say_count(unknown)} of them have no cost: unknown, not zero." if unknown else "")
        + " The API documents no currency."
    )
    if known:
        bars = [
            {"day": day["day"], "kind": "cost", "n": float(day["cost"])}
            for day in days
            if day["cost"] is not None
        ]
        st.vega_lite_chart(
            chart_bars(
                bars,
                [day["day"] for day in days],
                {"cost": ACCENT},
                title="cost",
                y_format="~g",
            ),
            alt="Cost by day",
            width="stretch",
        )
    dimension = st.segmented_control(
        "Cost by", _DIMENSIONS, default=_DIMENSIONS[0], required=True, key="dimension"
    )
    spent = ask(connection, "spending", dimension=dimension, **selection.values)
    show_table(
        spent, _SPENT, labels={"name": dimension}, alt=f"Cost by {dimension}, the dearest first"
    )
