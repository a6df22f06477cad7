"""The contract's sentences on history, one by one, on the smallest nights that show them."""

import duckdb
import pytest
from warehouse_nights import Night, ordered, rows_of, started, sync_id
from warehouse_single import evaluation, fold, served, spans

from aegis_etl.lake.manifest import SyncError
from aegis_etl.warehouse.fold import fold_sync


def test_an_unchanged_row_gets_no_new_version(connection: duckdb.DuckDBPyConnection) -> None:
    """Folding the same payload again leaves one version of each row."""
    fold(connection, served((5,), evaluation(7, 5)), served((5,), evaluation(7, 5)))
    for table in ("datasets", "records", "runs", "evaluations"):
        assert [span[1:] for span in spans(connection, table)] == [(0, None)]


def test_a_change_in_any_column_is_a_version(connection: duckdb.DuckDBPyConnection) -> None:
    """One changed column, the last or is_shared included, opens a version and ends the old one."""
    fold(connection, served(), served(is_shared=True), served(is_shared=True, _extra='{"a":1}'))
    assert spans(connection, "datasets") == [(1, 0, 1), (1, 1, 2), (1, 2, None)]
    assert spans(connection, "records") == [(1, 0, None)]


def test_superseded_evaluations_stay(connection: duckdb.DuckDBPyConnection) -> None:
    """When the payload shows another run's evaluations, the old ones stay, with is_latest false."""
    fold(connection, served((5,), evaluation(7, 5)), served((5, 6), evaluation(8, 6)))
    assert spans(connection, "evaluations") == [(7, 0, None), (8, 1, None)]
    latest = rows_of(connection, "select id, is_latest from evaluations order by id")
    assert latest == [{"id": 7, "is_latest": False}, {"id": 8, "is_latest": True}]
    then = rows_of(connection, "from evaluations_as_of($ts)", ts=started(0))
    assert [row["is_latest"] for row in then] == [True]


def test_evaluations_stay_when_none_are_shown(connection: duckdb.DuckDBPyConnection) -> None:
    """A whole payload without evaluations supersedes, and proves nothing gone."""
    fold(connection, served((5,), evaluation(7, 5)), served((5,)))
    assert spans(connection, "evaluations") == [(7, 0, None)]
    assert rows_of(connection, "select is_latest from evaluations") == [{"is_latest": False}]
    assert spans(connection, "evaluated_runs", "run_id") == [(5, 0, 1)]


def test_an_evaluation_missing_from_its_shown_run_is_gone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A whole payload that shows a run without one of its evaluations closes that one."""
    fold(
        connection, served((5,), evaluation(7, 5), evaluation(8, 5)), served((5,), evaluation(8, 5))
    )
    assert spans(connection, "evaluations") == [(7, 0, 1), (8, 0, None)]


def test_evaluations_go_with_their_listed_run(connection: duckdb.DuckDBPyConnection) -> None:
    """A run that was listed and is listed no more takes its evaluations along."""
    fold(connection, served((5, 6), evaluation(7, 5)), served((6,)))
    assert spans(connection, "runs") == [(5, 0, 1), (6, 0, None)]
    assert spans(connection, "evaluations") == [(7, 0, 1)]


def test_evaluations_of_a_run_never_listed_stay(connection: duckdb.DuckDBPyConnection) -> None:
    """Somebody else's run is in no listing: its absence proves nothing."""
    fold(connection, served((), evaluation(7, 99)), served((5,), evaluation(8, 5)))
    assert spans(connection, "evaluations") == [(7, 0, None), (8, 1, None)]


def test_a_payload_that_is_not_whole_closes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """A partial payload's good rows count, what it lacks stays."""
    partial = served((6,), evaluation(8, 5, result=50.0), whole=False, name="new")
    partial.records = {}
    fold(connection, served((5,), evaluation(7, 5), evaluation(8, 5)), partial)
    assert spans(connection, "datasets") == [(1, 0, 1), (1, 1, None)]
    assert spans(connection, "records") == [(1, 0, None)]
    assert spans(connection, "runs") == [(5, 0, None), (6, 1, None)]
    assert spans(connection, "evaluations") == [(7, 0, None), (8, 0, 1), (8, 1, None)]
    assert spans(connection, "evaluated_runs", "run_id") == [(5, 0, None)]


@pytest.mark.parametrize("status", ["failed", "missing", "quarantined", "not_listed"])
def test_no_payload_closes_nothing(connection: duckdb.DuckDBPyConnection, status: str) -> None:
    """A dataset that brought no payload keeps every row and its hash; its status says why."""
    fold(connection, served((5,), evaluation(7, 5)), status)
    for table in ("datasets", "records", "runs", "evaluations"):
        assert [span[1:] for span in spans(connection, table)] == [(0, None)]
    (state,) = rows_of(connection, "from meta.dataset_state")
    assert state["status"] == status
    assert state["payload_sha256"] == "0-1"
    assert state["latest_evaluated_run_id"] == 5
    assert state["last_changed_sync_id"] == sync_id(0)
    assert state["last_fetched_at"] == started(1 if status == "quarantined" else 0)


def test_a_deleted_dataset_closes_with_its_children(connection: duckdb.DuckDBPyConnection) -> None:
    """What was proven gone ends with all its rows; its state forgets the hash."""
    fold(connection, served((5,), evaluation(7, 5)), "deleted")
    for table in ("datasets", "records", "runs", "evaluations", "evaluated_runs"):
        assert [
            span[1:]
            for span in spans(
                connection, table, "dataset_id" if table == "evaluated_runs" else "id"
            )
        ] == [(0, 1)]
    (state,) = rows_of(connection, "from meta.dataset_state")
    assert (state["status"], state["payload_sha256"]) == ("deleted", None)
    assert state["latest_evaluated_run_id"] is None


def test_a_returning_dataset_brings_forgotten_evaluations_back(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """What closed with its dataset opens again as a new version when its run is listed again."""
    fold(
        connection,
        served((5,), evaluation(7, 5)),
        served((5, 6), evaluation(8, 6)),
        "deleted",
        served((5, 6), evaluation(8, 6)),
    )
    assert spans(connection, "evaluations") == [(7, 0, 2), (7, 3, None), (8, 1, 2), (8, 3, None)]
    reopened = rows_of(
        connection, "select id, _sync_id from history.evaluations where _valid_to is null"
    )
    assert ordered(reopened) == ordered(
        [{"id": 7, "_sync_id": sync_id(3)}, {"id": 8, "_sync_id": sync_id(3)}]
    )


def test_a_returning_run_brings_its_evaluations_back(connection: duckdb.DuckDBPyConnection) -> None:
    """What closed with its run opens again when a whole payload lists the run again."""
    fold(connection, served((5,), evaluation(7, 5)), served(()), served((5,)), served((5,)))
    assert spans(connection, "evaluations") == [(7, 0, 1), (7, 2, None)]


def test_a_partial_payload_reopens_nothing_and_the_next_whole_one_does(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A run listed again by a payload that was not whole waits for one that is."""
    fold(
        connection,
        served((5,), evaluation(7, 5)),
        served(()),
        served((5,), evaluation(8, 5), whole=False),
        served((5, 6), evaluation(9, 6)),
    )
    assert spans(connection, "evaluations") == [(7, 0, 1), (7, 3, None), (8, 2, None), (9, 3, None)]


def test_what_was_proven_gone_stays_gone(connection: duckdb.DuckDBPyConnection) -> None:
    """A returning run that is shown without an evaluation proves that one gone, then and later."""
    fold(
        connection,
        served((5,), evaluation(7, 5), evaluation(8, 5)),
        served(()),
        served((5,), evaluation(8, 5)),
        served((5, 6), evaluation(9, 6)),
        served((6,), evaluation(9, 6)),
        served((5, 6), evaluation(9, 6)),
    )
    assert spans(connection, "evaluations") == [
        (7, 0, 1),
        (8, 0, 1),
        (8, 2, 4),
        (8, 5, None),
        (9, 3, None),
    ]


def test_meta_says_what_each_sync_did(connection: duckdb.DuckDBPyConnection) -> None:
    """meta.syncs and meta.sync_errors repeat the manifest."""
    error = SyncError(dataset_id=2, stage="fetch", error="HTTP 500", http_status=500, attempts=6)
    listing = SyncError(dataset_id=None, stage="list", error="pages kept shifting")
    night = Night(0, {1: served()}, {2: "failed", 3: "deleted"}, errors=[error, listing])
    fold_sync(connection, night.manifest(), night.tables())
    (sync,) = rows_of(connection, "from meta.syncs")
    assert sync == {
        "sync_id": sync_id(0),
        "kind": "full",
        "started_at": started(0),
        "finished_at": night.manifest().finished_at,
        "status": "partial",
        "datasets_listed": 2,
        "datasets_fetched": 1,
        "datasets_changed": 1,
        "datasets_failed": 1,
        "datasets_deleted": 1,
        "requests": 3,
        "retries": 0,
        "bytes_received": 1000,
        "tool_version": "0.1.0",
    }
    errors = rows_of(connection, "from meta.sync_errors")
    assert [tuple(row.values()) for row in errors] == [
        (sync_id(0), 2, "fetch", "HTTP 500", 500, 6),
        (sync_id(0), None, "list", "pages kept shifting", None, None),
    ]
