"""History against a plain model that keeps whole snapshots, over random nights."""

from random import Random

import duckdb
import pytest
from warehouse_account import Account
from warehouse_model import Model
from warehouse_nights import Row, ordered, rows_of, started, sync_id

from aegis_etl.tables.api_tables import TABLES
from aegis_etl.warehouse.fold import fold_sync

LONG = [pytest.param(seed, 30, marks=pytest.mark.long) for seed in range(3, 30)]
"""Nights beyond those of the quick run."""


def filled(table: str, row: Row) -> Row:
    """A served row with null in the columns that it does not mention."""
    return {name: row.get(name) for name in TABLES[table].names}


@pytest.mark.parametrize(("seed", "nights"), [(0, 16), (1, 16), (2, 16), *LONG])
def test_history_is_what_snapshots_would_have_kept(
    connection: duckdb.DuckDBPyConnection, seed: int, nights: int
) -> None:
    """Main, history and as-of at every past instant equal a model with a snapshot a night."""
    account, model = Account(Random(seed)), Model()
    for number in range(nights):
        night = account.next_night(number)
        model.live_through(night)
        fold_sync(connection, night.manifest(), night.tables())
    for table in TABLES:
        expected = [
            filled(table, row)
            | {
                "_valid_from": started(began),
                "_valid_to": None if ended is None else started(ended),
                "_sync_id": sync_id(began),
            }
            for _, row, began, ended in model.versions(table)
        ]
        assert ordered(rows_of(connection, f"from history.{table}")) == ordered(expected)
    intervals = rows_of(connection, "select * exclude (_shown_whole) from history.evaluated_runs")
    assert ordered(intervals) == ordered(
        [
            {
                "dataset_id": dataset_id,
                "run_id": run_id,
                "_valid_from": started(began),
                "_valid_to": None if ended is None else started(ended),
                "_sync_id": sync_id(began),
            }
            for (dataset_id, run_id), began, ended in model.evaluated_intervals()
        ]
    )
    for snapshot in model.snapshots:
        for table, kept in snapshot.rows.items():
            expected = [filled(table, row) for row in kept.values()]
            if table == "evaluations":
                expected = [
                    row | {"is_latest": (row["dataset_id"], row["run_id"]) in snapshot.evaluated}
                    for row in expected
                ]
            then = rows_of(connection, f"from {table}_as_of($ts)", ts=started(snapshot.night))
            assert ordered([dict(sorted(row.items())) for row in then]) == ordered(
                [dict(sorted(row.items())) for row in expected]
            )
            if snapshot is model.snapshots[-1]:
                assert ordered(rows_of(connection, f"from {table}")) == ordered(then)
