"""Which rows and payloads are left out, and that each is named (contract: *Rows without a usable
key*).
"""

from typing import Any

import pytest
from api_payloads import Verbatim, body_of, dataset, evaluation, record, run
from flattened_payloads import flattened, outcome_of

from aegis_etl.tables.flatten import Payload, flatten_payloads


@pytest.mark.parametrize(
    ("table", "key", "sent"),
    [
        (table, key, sent)
        for table, keys in {
            "records": ["id"],
            "runs": ["id"],
            "evaluations": ["id", "run_id", "record_id"],
        }.items()
        for key in keys
        for sent in ['"x"', "null", "2.0", "1e2", "true", "9223372036854775808", "[]", '"7"']
    ],
)
def test_a_row_without_a_usable_key_is_left_out_and_named(table: str, key: str, sent: str) -> None:
    """A key must be a JSON integer; the error names the row and keeps it; the rest stays."""
    make = {"records": record, "runs": run, "evaluations": evaluation}[table]
    bad = make(**{"id": 999, key: Verbatim(sent)})
    batch = flattened(**{table: [make(), bad, make(id=2)]})
    [outcome] = batch.outcomes
    assert outcome.state == "partial"
    assert batch.tables[table]["id"].to_pylist() == [make()["id"], 2]
    [error] = outcome.errors
    assert error.startswith(f"{table}[1].{key}: {sent} is no integer")
    assert error.endswith(body_of(bad, ascii_only=True).decode())


@pytest.mark.parametrize("sent", ["null", "7", '"x"', "[]", "true"])
def test_a_row_that_is_no_object_is_left_out_and_named(sent: str) -> None:
    """Whatever stands in the place of a row is kept in the error."""
    batch = flattened(runs=[run(), Verbatim(sent)])
    assert batch.outcomes[0].state == "partial"
    assert batch.outcomes[0].errors == [f"runs[1]: is no object; row left out: {sent}"]


def test_a_missing_key_is_named() -> None:
    """A row that lacks its key is left out like one whose key is no integer."""
    keyless = evaluation()
    del keyless["run_id"]
    [outcome] = flattened(evaluations=[keyless]).outcomes
    assert outcome.errors[0].startswith("evaluations[0].run_id: missing is no integer")
    assert outcome.evaluated_run_ids == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"updated_at": "2026-04-01T10:00:00Z"}, {"updated_at": "2026-04-01T12:00:00+02:00"}),
        ({"evaluation_cost": "0.10"}, {"evaluation_cost": Verbatim("1e-1")}),
        ({"eval_metadata": {"a": 1, "b": [2]}}, {"eval_metadata": Verbatim('{"b":[2.0],"a":1e0}')}),
        ({"result": 80}, {"result": Verbatim("80.0")}),
        ({"dataset_id": None}, {"dataset_id": 42}),
        ({"new": None}, {}),
        ({"new": {"a": 1}}, {"new": Verbatim('{ "a":1.0 }')}),
    ],
)
def test_equal_rows_of_one_id_count_once(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Equal means: absent equals null, times as instants, costs as numbers, JSON by value."""
    batch = flattened(evaluations=[evaluation(**first), evaluation(**second)])
    assert len(batch.tables["evaluations"]) == 1
    assert (batch.outcomes[0].state, batch.outcomes[0].errors) == ("ok", [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"result": 1}, {"result": 2}),
        ({"eval_metadata": {"a": 1}}, {"eval_metadata": {"a": True}}),
        ({"eval_metadata": {"a": None}}, {"eval_metadata": {}}),
        ({"new": 1}, {"new": "1"}),
        ({"is_success": None}, {"is_success": False}),
        ({"evaluation_cost": "0.1"}, {"evaluation_cost": "0.10000000000000000001"}),
    ],
)
def test_of_different_rows_of_one_id_the_last_counts(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    """The others go to the errors, and the payload is not whole."""
    sent = [evaluation(**first), evaluation(id=1), evaluation(**second)]
    batch = flattened(evaluations=sent)
    expected = flattened(evaluations=[evaluation(**second)])
    assert batch.tables["evaluations"].to_pylist()[1:] == expected.tables["evaluations"].to_pylist()
    [outcome] = batch.outcomes
    assert outcome.state == "partial"
    [error] = outcome.errors
    assert error.startswith("evaluations[0].id: 501 comes again at [2] with other values")
    assert error.endswith(body_of(sent[0], ascii_only=True).decode())


def test_of_rows_of_one_id_those_equal_to_the_last_are_no_errors() -> None:
    """First, other, first again: only the other one is left out."""
    sent = [evaluation(result=1), evaluation(result=2), evaluation(result=Verbatim("1.0"))]
    [outcome] = flattened(evaluations=sent).outcomes
    assert [error.split(";")[0] for error in outcome.errors] == [
        "evaluations[1].id: 501 comes again at [2] with other values"
    ]


def test_one_id_in_two_tables_or_two_datasets_is_no_duplicate() -> None:
    """Children are keyed by (dataset_id, id)."""
    batch = flatten_payloads(
        [
            Payload(i, body_of(dataset(id=i, records=[record(id=5, dataset_id=i)],
                    runs=[run(id=5, dataset_id=i)], evaluations=[])))
            for i in (1, 2)
        ]
    )  # fmt: skip
    assert [outcome.state for outcome in batch.outcomes] == ["ok", "ok"]
    assert batch.tables["records"].select(["dataset_id", "id"]).to_pylist() == [
        {"dataset_id": 1, "id": 5},
        {"dataset_id": 2, "id": 5},
    ]


@pytest.mark.parametrize("table", ["records", "runs", "evaluations"])
@pytest.mark.parametrize("sent", [None, {}, "[]", 0, "missing"])
def test_a_payload_without_one_of_its_arrays_is_quarantined(table: str, sent: Any) -> None:
    """A child array that is absent or no array must not pass for an empty one."""
    payload = dataset(**{table: sent})
    if sent == "missing":
        del payload[table]
    outcome = outcome_of(body_of(payload))
    assert (outcome.state, set(outcome.rows.values())) == ("quarantined", {0})
    assert outcome.errors[0].startswith(f"{table}: ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON"),
        (b"<html>502</html>", "no JSON"),
        (body_of(dataset())[:-1], "no JSON"),
        (body_of(dataset()) + b"x", "no JSON"),
        (b"\xef\xbb\xbf" + body_of(dataset()), "no JSON"),
        (body_of(dataset(name="caf\u00e9")).replace(b"\xc3\xa9", b"\xe9"), "no UTF-8"),
        (body_of(dataset(x=Verbatim('{"deep":"#"}'))).replace(b"#", b"\xff"), "no UTF-8"),
        (body_of(dataset(x="#")).replace(b"#", b"\xed\xa0\x80"), "no UTF-8"),
        (body_of(dataset(selected_metrics={"#": 1})).replace(b"#", b"\xff"), "no UTF-8"),
        (body_of(dataset(records=[record(output=["#"])])).replace(b"#", b"\xff"), "no UTF-8"),
        (body_of(dataset()).decode().encode("utf-16"), "no UTF-8"),
        (body_of(dataset(name="#")).replace(b"#", b"\x01"), "no JSON"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'"text"', "no JSON object"),
        (body_of([dataset()]), "no JSON object"),
        (body_of(dataset(id=43)), "id: 43, not 42"),
        (body_of(dataset(id=Verbatim("42.0"))), "id: 42.0, not 42"),
        (body_of(dataset(id="42")), 'id: "42", not 42'),
        (b'{"detail": "Not found"}', "id: missing, not 42"),
    ],
)
def test_what_is_no_dataset_is_quarantined_with_its_reason(body: bytes, reason: str) -> None:
    """Nothing of such a payload is taken, and the error says what it is."""
    outcome = outcome_of(body)
    assert (outcome.state, set(outcome.rows.values())) == ("quarantined", {0})
    [error] = outcome.errors
    assert reason in error
