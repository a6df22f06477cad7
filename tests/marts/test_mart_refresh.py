"""A night's refresh gives what a full build gives."""

import shutil
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marts_account import Account
from marts_equality import assert_same_rows
from marts_known import read_frame
from marts_syncs import open_warehouse, sync_account, sync_unchanged

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


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Account]:
    """A warehouse of four nights with its marts, and the account that it holds; to be copied."""
    path = tmp_path_factory.mktemp("lived") / "warehouse.duckdb"
    account = Account(11)
    with open_warehouse(path) as warehouse:
        for _ in range(4):
            account.live_day()
            sync_account(warehouse, account)
        build_marts(warehouse)
    return path, account


FINISHED_AFTER_THE_SYNC = """
    update history.runs
    set finished_at = (select max(started_at) + interval 1 hour from meta.syncs)
    where _valid_to is null and (dataset_id, id) in (
        select (dataset_id, run_id) from marts.run_comparisons where captured_recency = 1
    )
"""


@pytest.mark.parametrize(
    ("before", "failed", "after", "made_alone"),
    [
        ("", (), "", True),
        ("", (1,), "", False),
        ("", (), NAMED, False),
        (NAMED, (), "truncate meta.metric_names", False),
        (FINISHED_AFTER_THE_SYNC, (), "", False),
    ],
    ids=["quiet", "failed fetch", "name", "name withdrawn", "first sync after a run"],
)
def test_a_night_that_touched_nothing_equals_a_full_build(
    lived: tuple[Path, Account],
    tmp_path: Path,
    before: str,
    failed: Sequence[int],
    after: str,
    *,
    made_alone: bool,
) -> None:
    """The marts are as if all were made again; on a quiet night dataset_health alone is made."""
    path, account = lived
    copies = [shutil.copyfile(path, tmp_path / name) for name in ("refreshed", "rebuilt")]
    with open_warehouse(copies[0]) as refreshed, open_warehouse(copies[1]) as rebuilt:
        for warehouse in (refreshed, rebuilt):
            if before:
                warehouse.execute(before)
                build_marts(warehouse)
            sync_unchanged(warehouse, deepcopy(account), failed=failed)
            if after:
                warehouse.execute(after)
        made = build_marts(refreshed, [])
        build_marts(rebuilt)
        assert_same_marts(refreshed, rebuilt)
        assert (made == ["dataset_health"]) == made_alone
