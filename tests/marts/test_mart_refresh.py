"""A night's refresh gives what a full build gives."""

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marts_account import Account
from marts_equality import assert_same_rows
from marts_known import read_frame
from marts_syncs import open_warehouse, sync_account

from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.marts import build_marts

NAMED = "insert into meta.metric_names values (1, 'Answer correctness', null, null)"


def assert_same_marts(
    found: duckdb.DuckDBPyConnection, expected: duckdb.DuckDBPyConnection
) -> None:
    """Holds that two warehouses have the same marts."""
    for mart in read_mart_columns():
        table = f"marts.{mart}"
        assert_same_rows(mart, read_frame(found, table), read_frame(expected, table))


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), named_in=st.integers(1, 4))
def test_refresh_equals_full_build(seed: int, named_in: int) -> None:
    """Refreshing what each night touched equals a full build after the last, names included."""
    with open_warehouse() as refreshed, open_warehouse() as rebuilt:
        nightly, whole = Account(seed), Account(seed)
        for night in range(5):
            nightly.live_day()
            whole.live_day()
            touched = sync_account(refreshed, nightly)
            sync_account(rebuilt, whole)
            if night == named_in:
                refreshed.execute(NAMED)
                rebuilt.execute(NAMED)
            build_marts(refreshed, touched)
        build_marts(rebuilt)
        assert_same_marts(refreshed, rebuilt)


def test_a_night_without_change_leaves_the_marts(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Building twice with nothing touched changes no row but what the windows move."""
    account = Account(5)
    for _ in range(4):
        account.live_day()
        touched = sync_account(warehouse, account)
        build_marts(warehouse, touched)
    before = {mart: read_frame(warehouse, f"marts.{mart}") for mart in read_mart_columns()}
    build_marts(warehouse, [])
    for mart, frame in before.items():
        assert_same_rows(mart, read_frame(warehouse, f"marts.{mart}"), frame)
