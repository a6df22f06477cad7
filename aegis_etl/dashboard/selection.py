"""What the page is narrowed down to: a dataset, some metrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import streamlit as st

from aegis_etl.dashboard.questions import ask
from aegis_etl.report.wording import clip, show_controls

_LONGEST_NAME = 90


@dataclass(frozen=True)
class Selection:
    """The chosen dataset (None: all) and metrics (none: all)."""

    dataset_id: int | None
    metric_ids: tuple[int, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The values of ``$dataset`` and ``$metrics`` in ``sql/dashboard/``."""
        return {"dataset": self.dataset_id, "metrics": list(self.metric_ids)}


def choose_selection(connection: duckdb.DuckDBPyConnection) -> Selection:
    """Shows the two filters and returns what is chosen in them."""
    datasets = label_options(_read_names(connection, "datasets"), "dataset")
    metrics = label_options(_read_names(connection, "metrics"), "metric")
    left, right = st.columns(2)
    dataset_id = left.selectbox(
        "Dataset",
        [None, *datasets],
        format_func=lambda chosen: "All datasets" if chosen is None else datasets[chosen],
        key="dataset",
    )
    metric_ids = right.multiselect(
        "Metrics",
        list(metrics),
        format_func=lambda chosen: metrics[chosen],
        placeholder="All metrics",
        key="metrics",
    )
    return Selection(dataset_id, tuple(metric_ids))


def label_options(names: Mapping[int, str | None], noun: str) -> dict[int, str]:
    """A label for each id: its name, and the id where that tells no two apart.

    Args:
        noun: what to call one without a name.
    """
    labels = {id_: name_or_id(name, id_, noun) for id_, name in names.items()}
    counts = Counter(labels.values())
    return {
        id_: label if counts[label] == 1 else f"{label} · {id_}" for id_, label in labels.items()
    }


def name_or_id(name: str | None, id_: int, noun: str) -> str:
    """A name that is safe within a line of other text: clipped, its direction kept to itself."""
    if not name:
        return f"{noun} {id_}"
    shown = show_controls(clip(name, _LONGEST_NAME))
    return f"\N{FIRST STRONG ISOLATE}{shown}\N{POP DIRECTIONAL ISOLATE}"


def _read_names(connection: duckdb.DuckDBPyConnection, question: str) -> dict[int, str | None]:
    return {row["id"]: row["name"] for row in ask(connection, question).to_pylist()}
