"""What a warehouse knows, as plain pandas frames, and what every expected mart starts from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

HISTORY = ("datasets", "records", "runs", "evaluations", "evaluated_runs")


@dataclass
class Known:
    """The tables of ``history`` and ``meta`` as frames of Python objects; null is None."""

    history: dict[str, pd.DataFrame]
    meta: dict[str, pd.DataFrame]

    @property
    def sync_times(self) -> list[datetime]:
        """The start of every sync, oldest first."""
        return sorted(self.meta["syncs"].started_at)

    def newest(self, table: str) -> pd.DataFrame:
        """The newest version of every row ever seen, with ``is_open``."""
        frame = self.history[table].sort_values("valid_from", kind="stable")
        frame = frame.drop_duplicates(["dataset_id", "id"], keep="last")
        return frame.assign(is_open=[until is None for until in frame.valid_to])

    def at(self, table: str, time: datetime) -> pd.DataFrame:
        """The versions that were current just after the sync that started at ``time``."""
        frame = self.history[table]
        return frame[
            [
                since <= time and (until is None or time < until)
                for since, until in zip(frame.valid_from, frame.valid_to, strict=True)
            ]
        ]

    def dataset_names(self) -> dict[int, str]:
        """The newest known name of every dataset."""
        frame = self.history["datasets"].sort_values("valid_from", kind="stable")
        return dict(zip(frame.id, frame.name, strict=True))


def read_known(connection: duckdb.DuckDBPyConnection) -> Known:
    """Reads what a warehouse knows."""
    history = {
        name: read_frame(connection, f"history.{name}").rename(columns=lambda c: c.lstrip("_"))
        for name in HISTORY
    }
    history["datasets"]["dataset_id"] = history["datasets"].id
    meta = {
        name: read_frame(connection, f"meta.{name}")
        for name in ("syncs", "sync_errors", "dataset_state", "metric_names")
    }
    return Known(history, meta)


def read_frame(connection: duckdb.DuckDBPyConnection, table: str) -> pd.DataFrame:
    """A table as a frame of Python objects."""
    rows = connection.execute(f"from {table}")
    columns = [column[0] for column in rows.description]
    return pd.DataFrame(rows.fetchall(), columns=columns, dtype=object)


def share(part: float, *others: float) -> float | None:
    """A part of the whole of itself and the others; None of nothing."""
    whole = part + sum(others)
    return part / whole if whole else None


def average(values: Any) -> float | None:
    """The mean of what is not null."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def spread(values: Any) -> float | None:
    """The sample standard deviation of what is not null."""
    known = [value for value in values if value is not None]
    return float(pd.Series(known, dtype=float).std()) if len(known) > 1 else None


def quantile(values: Any, q: float) -> float | None:
    """The quantile of what is not null, interpolated."""
    known = [value for value in values if value is not None]
    return float(pd.Series(known, dtype=float).quantile(q)) if known else None


def total(values: Any) -> int | None:
    """The sum of what is not null; None of nothing, or beyond int64."""
    known = [value for value in values if value is not None]
    return sum(known) if known and sum(known) < 2**63 else None


def seconds(later: datetime | None, earlier: datetime | None) -> float | None:
    """The seconds from one time to another."""
    return None if later is None or earlier is None else (later - earlier).total_seconds()
