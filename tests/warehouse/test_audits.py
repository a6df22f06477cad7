"""A planted violation of each audit is caught by it, and blocks or warns as the contract says."""

from collections.abc import Callable

import duckdb
import msgspec
import pytest
from warehouse_nights import Night, Row, Served

from aegis_etl.lake.manifest import Manifest
from aegis_etl.statements import read_statement
from aegis_etl.warehouse.audit import AUDITS, AuditResult, find_blocking, run_audits
from aegis_etl.warehouse.build import fold_and_note

BLOCKING = {"counts_match", "keys_unique", "listed_accounted", "versions_disjoint"}


def payload(dataset_id: int, first_id: int) -> Served:
    """A sound payload: two records, one run, two evaluations."""
    run: Row = {"id": first_id, "dataset_id": dataset_id, "result": 60.0, "threshold": 50.0}
    return Served(
        {"id": dataset_id, "name": "set"},
        {first_id + i: {"id": first_id + i, "dataset_id": dataset_id} for i in (0, 1)},
        {first_id: run | {"is_gte_threshold": True}},
        {
            first_id + i: {
                "id": first_id + i,
                "dataset_id": dataset_id,
                "run_id": first_id,
                "record_id": first_id + i,
                "result": 40.0,
                "threshold": 50.0,
                "is_gte_threshold": False,
            }
            for i in (0, 1)
        },
    )


def audited(
    connection: duckdb.DuckDBPyConnection,
    spoil: str = "",
    *,
    night: Night | None = None,
    manifest: Callable[[Manifest], Manifest] = lambda manifest: manifest,
) -> dict[str, AuditResult]:
    """Folds a night, spoils the warehouse, and returns the results by audit."""
    night = night or Night(0, {1: payload(1, 10), 2: payload(2, 20)})
    connection.execute(read_statement("scope/empty"))
    fold_and_note(connection, manifest(night.manifest()), night.tables())
    if spoil:
        connection.execute(spoil)
    return {result.audit: result for result in run_audits(connection)}


def test_a_sound_night_passes_every_audit(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing is found where nothing is wrong, and every audit says what it looks for."""
    results = audited(connection)
    assert [name for name, result in results.items() if not result.passed] == []
    assert {audit.name for audit in AUDITS if audit.blocks} == BLOCKING
    assert all(audit.description.endswith(".") for audit in AUDITS)


@pytest.mark.parametrize(
    ("audit", "spoil"),
    [
        ("keys_unique", "insert into history.records from history.records where id = 10"),
        ("keys_unique", "insert into history.evaluated_runs from history.evaluated_runs"),
        (
            "versions_disjoint",
            "insert into history.runs by name select * replace (_valid_from + interval 1 day as"
            " _valid_to) from history.runs where id = 10",
        ),
        (
            "versions_disjoint",
            "insert into history.runs by name select * replace (_valid_from as _valid_to)"
            " from history.runs where id = 10",
        ),
        ("counts_match", "delete from history.evaluations where id = 11"),
        ("counts_match", "insert into history.records by name select 99 as id, 1 as dataset_id"),
        (
            "one_evaluated_run",
            "insert into history.evaluated_runs by name select * replace (9 as run_id)"
            " from history.evaluated_runs where dataset_id = 1",
        ),
        ("same_dataset", "update history.evaluations set record_id = 20 where id = 10"),
        ("same_dataset", "update history.evaluations set run_id = 20 where id = 10"),
        ("scores_in_range", "update history.evaluations set result = 100.1 where id = 10"),
        ("scores_in_range", "update history.runs set threshold = -1 where id = 10"),
        ("verdicts_agree", "update history.evaluations set is_gte_threshold = true where id = 10"),
        ("verdicts_agree", "update history.runs set result = 1 where id = 10"),
        ("ids_in_one_dataset", "update history.records set id = 20 where id = 10"),
        ("datasets_open", "update history.datasets set _valid_to = now() where id = 1"),
    ],
)
def test_a_planted_violation_is_caught(
    connection: duckdb.DuckDBPyConnection, audit: str, spoil: str
) -> None:
    """The audit fails, names the offending row, and blocks or warns as declared."""
    results = audited(connection, spoil)
    assert not results[audit].passed
    assert results[audit].rows
    assert (results[audit] in find_blocking(results.values())) == (audit in BLOCKING)


def test_a_listed_dataset_that_is_not_accounted_for_blocks(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Listed ids = fetched + failed, of a full sync."""
    results = audited(
        connection, manifest=lambda m: msgspec.structs.replace(m, ids_listed=[1, 2, 3])
    )
    assert results["listed_accounted"].rows == [{"dataset_id": 3}]
    assert find_blocking(results.values()) == [results["listed_accounted"]]


def test_rows_lost_between_payload_and_lake_block(connection: duckdb.DuckDBPyConnection) -> None:
    """The manifest's counts are the payload's: a row that the lake lacks is missed."""

    def claim_one_more(manifest: Manifest) -> Manifest:
        first, *others = manifest.datasets
        claimed = msgspec.structs.replace(first, rows={**first.rows, "records": 3})
        return msgspec.structs.replace(manifest, datasets=[claimed, *others])

    results = audited(connection, manifest=claim_one_more)
    assert results["counts_match"].rows == [
        {
            "dataset_id": 1,
            "table_name": "records",
            "in_payload": 3,
            "in_lake": 2,
            "in_warehouse": 2,
        }
    ]


def test_somebody_elses_run_and_a_left_out_record_are_no_violation(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """An evaluation whose run is not listed or whose record was left out passes."""
    night = Night(0, {1: payload(1, 10)})
    night.served[1].runs = {}
    night.served[1].records = {}
    assert all(result.passed for result in audited(connection, night=night).values())


def test_older_rows_beside_a_partial_payload_are_no_violation(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """After a payload that was not whole, older rows stay open and the counts still match."""
    audited(connection)
    partial = payload(1, 10)
    partial.whole = False
    del partial.records[11], partial.evaluations[11]
    results = audited(connection, night=Night(1, {1: partial}))
    assert all(result.passed for result in results.values())


def test_a_night_audits_what_it_touched(connection: duckdb.DuckDBPyConnection) -> None:
    """A violation elsewhere is not looked for again each night."""
    audited(connection)
    spoil = "insert into history.records from history.records where id = 10"
    results = audited(connection, spoil, night=Night(1, {2: payload(2, 20)}))
    assert results["keys_unique"].passed


def test_all_offenders_are_counted_and_the_first_are_shown(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The detail counts every offending row; twenty are kept."""
    night = Night(0, {1: Served({"id": 1})})
    night.served[1].runs = {i: {"id": i, "dataset_id": 1, "result": 101.0 + i} for i in range(50)}
    result = audited(connection, night=night)["scores_in_range"]
    assert (len(result.rows), result.detail) == (20, "50 offending rows")
