"""Accounts at the edges: nothing, next to nothing, absurd values, hostile names."""

import math
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from marts_account import Account
from marts_known import read_frame
from marts_syncs import open_warehouse, sync_account

from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.marts import NOT_WRITTEN, build_marts, make_marts, write_marts

HOSTILE = "'; drop table marts.run_scorecard; -- <script>\u202e\"🜏\n"


class Certain(Account):
    """An account with one dataset and no chance in its syncs."""

    def __init__(self) -> None:
        super().__init__(0, datasets=1, records=2)
        self.night = 0
        self.random.random = lambda: 0.5  # type: ignore[method-assign]


def only_row(warehouse: duckdb.DuckDBPyConnection, mart: str) -> dict[str, Any]:
    """The one row of a mart."""
    (row,) = read_frame(warehouse, f"marts.{mart}").to_dict("records")
    return row


def test_empty_account(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Before anything was synced every mart is there and empty, in the file and as Parquet."""
    build_marts(warehouse)
    build_marts(warehouse, [])
    for mart in read_mart_columns():
        assert read_frame(warehouse, f"marts.{mart}").empty
    assert len(write_marts(warehouse, tmp_path)) == 11
    assert warehouse.execute("from marts.compare_runs(1, 2)").fetchall() == []


def test_account_without_runs(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A dataset that never ran is idle; its counts are 0 and its rates unknown."""
    sync_account(warehouse, Certain())
    build_marts(warehouse)
    health = only_row(warehouse, "dataset_health")
    assert health["health"] == "idle"
    assert (health["records"], health["runs_30d"], health["metrics"]) == (2, 0, 0)
    assert health["pass_rate"] is None
    assert health["last_run_at"] is None
    assert read_frame(warehouse, "marts.run_scorecard").empty


def test_one_run(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A single finished run is captured and scored, and compared with nothing."""
    account = Certain()
    account.add_run(1)
    sync_account(warehouse, account)
    build_marts(warehouse)
    run = only_row(warehouse, "run_scorecard")
    assert (run["capture"], run["captured_recency"]) == ("captured", 1)
    assert run["previous_captured_run_id"] is None
    assert run["expected_evaluations"] == run["captured_evaluations"] == 8
    assert run["coverage"] == 1
    assert read_frame(warehouse, "marts.run_comparisons").empty
    assert read_frame(warehouse, "marts.outcome_flips").empty


def test_all_results_null(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A run that scored nothing has counts, no mean, and no rate but the strict one."""
    account = Certain()
    account.add_run(1)
    (run,) = account.datasets[1].runs.values()
    for row in run.evaluations.values():
        row["result"] = row["is_gte_threshold"] = row["is_success"] = None
    sync_account(warehouse, account)
    build_marts(warehouse)
    card = only_row(warehouse, "run_scorecard")
    assert (card["errors"], card["passed"], card["failed"]) == (8, 0, 0)
    assert card["mean_score"] is None
    assert card["pass_rate"] is None
    assert card["pass_rate_strict"] == 0


def test_sums_beyond_int64_are_null(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Absurd counts, costs and scores become null or stay themselves; none fails the night."""
    account = Certain()
    account.add_run(1)
    (run,) = account.datasets[1].runs.values()
    run.row["number_of_metrics"] = 2**63 - 1
    for row in run.evaluations.values():
        row["credits_consumed"] = row["input_tokens"] = 2**63 - 1
        row["output_tokens"] = -(2**63)
        row["evaluation_cost"] = Decimal("99999999999999999999.999999999999999999")
        row["result"] = 1.7e308
        row["is_success"] = True
    sync_account(warehouse, account)
    build_marts(warehouse)
    card = only_row(warehouse, "run_scorecard")
    for column in ("credits", "input_tokens", "output_tokens", "cost", "expected_evaluations"):
        assert card[column] is None
    assert card["coverage"] == pytest.approx(8 / (2 * 2**63))
    assert math.isinf(card["mean_score"])


def test_one_huge_cost_stays_exact(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Cost is as the API sends it, to the last of its 38 digits."""
    account = Certain()
    account.add_run(1)
    (run,) = account.datasets[1].runs.values()
    for row in run.evaluations.values():
        row["evaluation_cost"] = None
    first, second = list(run.evaluations.values())[:2]
    first["evaluation_cost"] = Decimal("12345678901234567890.123456789012345678")
    second["evaluation_cost"] = Decimal("-0.000000000000000001")
    sync_account(warehouse, account)
    build_marts(warehouse)
    expected = Decimal("12345678901234567890.123456789012345677")
    assert only_row(warehouse, "run_scorecard")["cost"] == expected


def test_hostile_names_are_text(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Names of datasets, owners, models and keys are values wherever they come from."""
    account = Certain()
    account.datasets[1].row |= {"name": HOSTILE, "user_email": HOSTILE}
    account.add_run(1)
    (run,) = account.datasets[1].runs.values()
    run.row |= {"alias": HOSTILE, "model_slug": HOSTILE, "aggregate_results": '{"a\\"b\'": [1]}'}
    for row in run.evaluations.values():
        row["model_slug"] = HOSTILE
    sync_account(warehouse, account)
    build_marts(warehouse)
    card = only_row(warehouse, "run_scorecard")
    assert card["dataset_name"] == card["alias"] == card["model_slug"] == HOSTILE
    assert only_row(warehouse, "dataset_health")["user_email"] == HOSTILE
    judges = read_frame(warehouse, "marts.judge_reliability")
    assert set(judges.model_slug) == {HOSTILE}


def test_evaluation_without_metric(warehouse: duckdb.DuckDBPyConnection) -> None:
    """An evaluation whose metric_id was unusable is an outcome without a name, not an error."""
    account = Certain()
    account.add_run(1)
    (run,) = account.datasets[1].runs.values()
    for row in run.evaluations.values():
        row["metric_id"] = None
    sync_account(warehouse, account)
    build_marts(warehouse)
    assert read_frame(warehouse, "marts.metric_catalog").empty
    assert only_row(warehouse, "run_metric_scores")["metric_name"] is None


def test_kinds_are_learned_later(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Runs of a kind that turns out to be served change their capture, untouched as they are."""
    account = Account(0, datasets=2, records=2)
    account.random.random = lambda: 0.5  # type: ignore[method-assign]
    account.night = 0
    for dataset_id in (1, 2):
        account.add_run(dataset_id)
    (early,), (late,) = (d.runs.values() for d in account.datasets.values())
    for run in (early, late):
        run.row |= {"run_source_id": 9, "run_source_name": "CLI"}
    build_marts(warehouse, sync_account(warehouse, account))
    query = "select capture from marts.run_scorecard order by dataset_id"
    assert warehouse.execute(query).fetchall() == [("not served",)] * 2
    account.night = 1
    late.row |= {"run_source_name": "API"}
    sync_account(warehouse, account)
    build_marts(warehouse, [2])
    assert warehouse.execute(query).fetchall() == [("awaiting",), ("captured",)]


def test_windows_end_at_the_newest_sync(warehouse: duckdb.DuckDBPyConnection) -> None:
    """What happened 31 days before the newest sync has left the windows, whatever today is."""
    account = Certain()
    account.add_run(1)
    sync_account(warehouse, account)
    build_marts(warehouse)
    assert only_row(warehouse, "dataset_health")["runs_30d"] == 1
    account.night = 31
    build_marts(warehouse, sync_account(warehouse, account))
    health = only_row(warehouse, "dataset_health")
    assert (health["runs_30d"], health["days_since_run"], health["health"]) == (0, 31, "idle")


def test_step_of_a_build(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The step names metrics, makes the marts, and writes all but one as equal Parquet files."""
    account = Account(3)
    for _ in range(4):
        account.live_day()
        sync_account(warehouse, account)
    warehouse.execute("create temp table scope (dataset_id bigint)")
    names = tmp_path / "metric_names.csv"
    names.write_text("metric_id,name\n1,Right answers\n")
    make_marts(warehouse, tmp_path, metric_names=names)
    files = {path.stem: path for path in (tmp_path / "marts").iterdir()}
    assert files.keys() == read_mart_columns().keys() - {NOT_WRITTEN}
    for mart, path in files.items():
        rows = warehouse.execute(f"select count(*) from marts.{mart}").fetchone()
        assert rows == (pq.read_metadata(path).num_rows,)
        query = "from read_parquet($1) except all from marts." + mart
        assert warehouse.execute(query, [str(path)]).fetchall() == []
    catalog = read_frame(warehouse, "marts.metric_catalog")
    assert "Right answers" in set(catalog.metric_name)


def test_no_type_that_tools_cannot_read() -> None:
    """No mart has a column of 128 bits or without sign, nested or not."""
    types = {column.type for columns in read_mart_columns().values() for column in columns}
    assert types == {
        "BIGINT",
        "BOOLEAN",
        "DATE",
        "DECIMAL(38,18)",
        "DOUBLE",
        "TIMESTAMP WITH TIME ZONE",
        "VARCHAR",
    }


def test_compare_any_two_runs() -> None:
    """The macro compares any two runs as run_comparisons compares neighbours."""
    with open_warehouse() as warehouse:
        account = Account(3, datasets=2)
        for _ in range(10):
            account.live_day()
            sync_account(warehouse, account)
        build_marts(warehouse)
        compared = warehouse.execute(
            "select run_id, previous_run_id from marts.run_comparisons"
            " group by all order by count(*) desc, run_id limit 3"
        ).fetchall()
        assert len(compared) == 3
        columns = (
            "metric_id, metric_name, n_pairs, pairs_excluded, mean_before, mean_after, mean_change,"
            " regressions, fixes, threshold_changed, model_changed, standard_error, change_low,"
            " change_high, p_value, flip_p_value, detectable_change"
        )
        for run_id, previous in compared:
            by_macro = f"select {columns} from marts.compare_runs($1, $2) order by metric_id"
            by_mart = (
                f"select {columns} from marts.run_comparisons where run_id = $1 order by metric_id"
            )
            found = warehouse.execute(by_macro, [previous, run_id]).fetchall()
            expected = warehouse.execute(by_mart, [run_id]).fetchall()
            assert [list(map(_rounded, row)) for row in found] == [
                list(map(_rounded, row)) for row in expected
            ]
            back = warehouse.execute(by_macro, [run_id, previous]).fetchall()
            assert [row[6] for row in back] == pytest.approx([-row[6] for row in found])


def _rounded(value: Any) -> Any:
    return round(value, 9) if isinstance(value, float) else value


def test_times_are_of_utc(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A run just before midnight in UTC belongs to that day, whatever zone the session is in."""
    account = Certain()
    account.add_run(1)
    (run,) = account.datasets[1].runs.values()
    run.row["started_at"] = account.at(24).replace(hour=23, minute=59) - timedelta(days=1)
    sync_account(warehouse, account)
    warehouse.execute("set TimeZone = 'Pacific/Auckland'")
    build_marts(warehouse)
    days = read_frame(warehouse, "marts.quality_daily").day
    assert set(days) == {run.row["started_at"].date()}
