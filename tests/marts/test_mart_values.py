"""Each mart equals a plain pandas computation written apart from the SQL."""

from collections.abc import Iterator
from contextlib import ExitStack

import duckdb
import pytest
from marts_account import Account
from marts_equality import assert_same_rows
from marts_expected import expect_marts
from marts_known import read_frame, read_known
from marts_syncs import open_warehouse, sync_account

from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.marts import build_marts

SEEDS = (1, 2, 3)
NIGHTS = 12

OCCURRENCES = {
    "run_scorecard": (
        "capture",
        {
            "captured",
            "partly captured",
            "missed",
            "before first sync",
            "in progress",
            "awaiting",
            "not served",
        },
    ),
    "evaluation_outcomes": ("outcome", {"pass", "fail", "error", "pending", "unjudged"}),
    "outcome_flips": (
        "likely_cause",
        {
            "threshold changed",
            "answer changed",
            "question or reference changed",
            "scoring model changed",
            "unknown",
            "content unchanged",
        },
    ),
    "run_comparisons": ("verdict", {"worse", "better", "no clear change", "too few pairs"}),
    "record_stability": (
        "label",
        {"too few runs", "always fails", "flaky", "always passes", "mixed"},
    ),
    "metric_catalog": ("name_source", {"named", "suggested", "unnamed"}),
    "nightly_changes": (
        "change",
        {"added", "edited", "deleted", "returned", "missed", "fetch failed"},
    ),
}


@pytest.fixture(scope="module")
def lived() -> Iterator[dict[int, duckdb.DuckDBPyConnection]]:
    """Warehouses of accounts that lived through nights of everything that has a rule, by seed."""
    with ExitStack() as stack:
        warehouses = {seed: stack.enter_context(open_warehouse()) for seed in SEEDS}
        for seed, connection in warehouses.items():
            account = Account(seed)
            for _ in range(NIGHTS):
                account.live_day()
                sync_account(connection, account)
            names = "insert into meta.metric_names values (2, 'Faithfulness', 'RAG', 'judge')"
            connection.execute(names)
            build_marts(connection)
        yield warehouses


@pytest.mark.parametrize("seed", SEEDS)
def test_marts_equal_pandas(lived: dict[int, duckdb.DuckDBPyConnection], seed: int) -> None:
    """All twelve marts equal, in every column, what pandas computes from history and meta."""
    expected = expect_marts(read_known(lived[seed]))
    assert expected.keys() == read_mart_columns().keys()
    for mart, frame in expected.items():
        found = read_frame(lived[seed], f"marts.{mart}")
        assert_same_rows(mart, found, frame.reindex(columns=found.columns))


@pytest.mark.parametrize("mart", OCCURRENCES)
def test_everything_occurs(lived: dict[int, duckdb.DuckDBPyConnection], mart: str) -> None:
    """Those nights hold every state, cause and label that the marts know, so none is untested."""
    column, values = OCCURRENCES[mart]
    found = {
        row[0]
        for connection in lived.values()
        for row in connection.execute(f"select distinct {column} from marts.{mart}").fetchall()
    }
    assert found == values
