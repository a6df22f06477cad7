"""Nights of one dataset, number 1, in a line each."""

from typing import Any

import duckdb
from warehouse_nights import Night, Row, Served, rows_of, started

from aegis_etl.warehouse.fold import fold_sync


def evaluation(evaluation_id: int, run_id: int, **values: Any) -> Row:
    """A served evaluation of dataset 1."""
    return {"id": evaluation_id, "dataset_id": 1, "run_id": run_id, "record_id": 1, **values}


def served(runs: tuple[int, ...] = (), *evaluations: Row, whole: bool = True, **row: Any) -> Served:
    """A payload of dataset 1 with one record, these runs listed and these evaluations shown."""
    return Served(
        {"id": 1, "name": "set", **row},
        {1: {"id": 1, "dataset_id": 1, "prompt": "q"}},
        {run: {"id": run, "dataset_id": 1} for run in runs},
        {e["id"]: e for e in evaluations},
        whole=whole,
    )


def fold(connection: duckdb.DuckDBPyConnection, *nights: Served | str) -> None:
    """Folds nights on which dataset 1 was served so, or had that status."""
    for number, outcome in enumerate(nights):
        night = (
            Night(number, {1: outcome})
            if isinstance(outcome, Served)
            else Night(number, others={1: outcome})  # type: ignore[dict-item]  statuses are spelled out
        )
        fold_sync(connection, night.manifest(), night.tables())


def spans(connection: duckdb.DuckDBPyConnection, table: str, key: str = "id") -> list[Any]:
    """Of each version: its key, the night on which it began, the night on which it ended."""
    nights = {started(number): number for number in range(20)}
    rows = rows_of(connection, f"select {key} as key, _valid_from, _valid_to from history.{table}")
    return sorted(
        (row["key"], nights[row["_valid_from"]], nights.get(row["_valid_to"])) for row in rows
    )
