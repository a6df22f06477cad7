"""Flattening, held to the contract sentence by sentence: values, ``_extra``, findings."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from api_payloads import Verbatim, body_of, dataset, evaluation, record, run
from flattened_payloads import counted, flattened, only

from aegis_etl.tables.flatten import Payload, flatten_payloads


def test_a_documented_payload_becomes_one_row_a_thing() -> None:
    """The example of the API's page: names, nested objects and times land in their columns."""
    batch = flatten_payloads([Payload(42, body_of(dataset()), is_shared=True)])
    assert batch.outcomes[0].rows == dict.fromkeys(batch.tables, 1)
    row = only(batch, "datasets")
    assert row == {
        "id": 42,
        "name": "My evaluation set",
        "user_id": 7,
        "user_email": "analyst@acme.com",
        "author_email": None,
        "dataset_type_id": 1,
        "dataset_type_name": "CUSTOM",
        "dataset_type_label": "Custom",
        "dataset_type_description": None,
        "structure": ["prompt", "output", "golden_answer"],
        "selected_metrics": '{"1": 70, "2": 80}',
        "column_mappings": None,
        "data_collection_id": None,
        "org_id": None,
        "is_shared": True,
        "created_at": datetime(2026, 4, 2, 12, tzinfo=UTC),
        "updated_at": None,
        "_extra": None,
    }
    assert only(batch, "runs")["run_source_name"] == "API"
    assert only(batch, "evaluations")["evaluation_cost"] == Decimal("0.0004")


def test_the_newer_shape_loads_as_well() -> None:
    """Author, metadata, no owner, no credits: the fields that the newer pages describe."""
    newer = evaluation(user_id=None, eval_metadata={"judge": "v2"})
    del newer["credits_consumed"]
    batch = flattened(user=None, author_email="a@acme.com", org_id=3, evaluations=[newer])
    row = only(batch, "datasets")
    assert (row["user_id"], row["author_email"], row["org_id"]) == (None, "a@acme.com", 3)
    assert only(batch, "evaluations")["eval_metadata"] == '{"judge": "v2"}'
    assert batch.outcomes[0].findings == []


@pytest.mark.parametrize(
    ("sent", "stored", "sent_as"),
    [
        ('"plain"', "plain", "string"),
        ('""', "", "string"),
        ('"null"', "null", "string"),
        ('"{\\"a\\": 1}"', '{"a": 1}', "string"),
        ('{"a" : 1.50, "b":1E2}', '{"a" : 1.50, "b":1E2}', "object"),
        ('[ 1,"\\u00e9" ,"\\ud800"]', '[ 1,"\\u00e9" ,"\\ud800"]', "array"),
        ('{"a":NaN,"b":1e999}', '{"a":NaN,"b":1e999}', "object"),
        ("[]", "[]", "array"),
        ("null", None, None),
    ],
)
@pytest.mark.parametrize("field", ["input", "context", "output", "golden_answer"])
def test_text_that_may_be_structured(
    field: str, sent: str, stored: str | None, sent_as: str | None
) -> None:
    """A string is stored as it is, an object or array as the JSON text sent, digit for digit."""
    row = only(flattened(records=[record(**{field: Verbatim(sent)})]), "records")
    assert (row[field], row[f"{field}_type"]) == (stored, sent_as)
    assert row["_extra"] is None


@pytest.mark.parametrize(
    ("field", "sent", "stored"),
    [
        ("created_at", '"2026-04-01T10:00:00Z"', datetime(2026, 4, 1, 10, tzinfo=UTC)),
        ("created_at", '"2026-04-01T10:00:00.25"', datetime(2026, 4, 1, 10, 0, 0, 250000, UTC)),
        ("created_at", '"2026-04-01 10:00:00+02:00"', datetime(2026, 4, 1, 8, tzinfo=UTC)),
        ("created_at", '"2026-04-01T10:00:00.1234560Z"',
         datetime(2026, 4, 1, 10, 0, 0, 123456, UTC)),
        ("created_at", '"2026-04-01"', datetime(2026, 4, 1, tzinfo=UTC)),
        ("created_at", '"2026-04-01t10:00:00z"', datetime(2026, 4, 1, 10, tzinfo=UTC)),
        ("evaluation_cost", '"0.0004"', Decimal("0.0004")),
        ("evaluation_cost", "0.0004", Decimal("0.0004")),
        ("evaluation_cost", "0.1000000000000000055", None),
        ("evaluation_cost", '"0.100000000000000000000"', Decimal("0.1")),
        ("evaluation_cost", '"1e-18"', Decimal("1e-18")),
        ("evaluation_cost", "1E+5", Decimal(100000)),
        ("evaluation_cost", "99999999999999999999.999999999999999999",
         Decimal("99999999999999999999.999999999999999999")),
        ("evaluation_cost", "1e20", None),
        ("evaluation_cost", '"free"', None),
        ("evaluation_cost", '" 1"', None),
        ("evaluation_cost", '"NaN"', None),
        ("evaluation_cost", "true", None),
        ("credits_consumed", "2.0", 2),
        ("credits_consumed", "1e2", 100),
        ("credits_consumed", "-0.0", 0),
        ("credits_consumed", "2.5", None),
        ("credits_consumed", "9223372036854775807", 2**63 - 1),
        ("credits_consumed", "9223372036854775808", None),
        ("credits_consumed", "1e99999999999999999999", None),
        ("credits_consumed", '"2"', None),
        ("credits_consumed", "true", None),
        ("result", "80", 80.0),
        ("result", "1152921504606846976", 2.0**60),
        ("result", "9007199254740993", None),
        ("result", "0.1", 0.1),
        ("result", "1e999", None),
        ("result", "1e-999", 0.0),
        ("result", '"80"', None),
        ("is_success", "false", False),
        ("is_success", "0", None),
        ("is_success", '"true"', None),
        ("explanation", '"\\u0000\\n\\ud83d\\ude00"', "\x00\n😀"),
        ("explanation", "7", None),
        ("explanation", '["a"]', None),
        ("eval_metadata", '{ "a":1.50 }', '{ "a":1.50 }'),
        ("eval_metadata", "[1]", None),
        ("eval_metadata", '"text"', None),
        ("eval_metadata", "{}", "{}"),
        ("created_at", '"2026-04-01T10:00:00.1234567Z"', None),
        ("created_at", '"2026-02-30T10:00:00Z"', None),
        ("created_at", '"2026-04-01T23:59:60Z"', None),
        ("created_at", '"2026-04-01T10:00:00+24:00"', None),
        ("created_at", '"0001-01-01T00:00:00+01:00"', None),
        ("created_at", '"0000-01-01T00:00:00Z"', None),
        ("created_at", '"soon"', None),
        ("created_at", '""', None),
        ("created_at", "1775037600", None),
    ],
)  # fmt: skip
def test_a_value_is_held_exactly_or_kept_in_extra(field: str, sent: str, stored: Any) -> None:
    """What a column cannot hold exactly is null there, as sent in _extra, and counted."""
    batch = flattened(evaluations=[evaluation(**{field: Verbatim(sent)})])
    row = only(batch, "evaluations")
    assert (row[field], type(row[field])) == (stored, type(stored))
    assert row["_extra"] == (f'{{"{field}":{sent}}}' if stored is None else None)
    assert len(batch.outcomes[0].findings) == (stored is None)
    assert batch.outcomes[0].state == "ok"


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_know(token: str) -> None:
    """A NaN that a Python server sends spoils no payload; in _extra it is valid JSON: a string."""
    batch = flattened(evaluations=[evaluation(result=Verbatim(token), x=Verbatim(f"[{token}]"))])
    assert only(batch, "evaluations")["result"] is None
    assert only(batch, "evaluations")["_extra"] == f'{{"result":"{token}","x":["{token}"]}}'


def test_structure_is_a_list_of_strings_or_goes_to_extra() -> None:
    """A list with anything but strings and nulls is kept as sent."""
    assert only(flattened(structure=["a", None]), "datasets")["structure"] == ["a", None]
    assert only(flattened(structure=[]), "datasets")["structure"] == []
    assert only(flattened(structure=None), "datasets")["structure"] is None
    row = only(flattened(structure=["a", 1]), "datasets")
    assert (row["structure"], row["_extra"]) == (None, '{"structure":["a", 1]}')


def test_unknown_fields_are_kept_where_the_api_nests_them() -> None:
    """_extra nests as the API does, at every level, and counts each field."""
    source = {"id": 3, "name": "API", "label": "API", "description": "By key", "icon": "api.svg"}
    batch = flattened(
        tags=["x"], runs=[run(run_source=source)], records=[record(mood=Verbatim("1.50"))]
    )
    assert only(batch, "datasets")["_extra"] == '{"tags":["x"]}'
    assert only(batch, "runs")["_extra"] == '{"run_source":{"icon":"api.svg"}}'
    assert only(batch, "runs")["run_source_name"] == "API"
    assert only(batch, "records")["_extra"] == '{"mood":1.50}'
    assert counted(batch) == {
        ("datasets", "tags", "unknown field", 1),
        ("runs", "run_source.icon", "unknown field", 1),
        ("records", "mood", "unknown field", 1),
    }


def test_an_unknown_field_without_a_value_changes_no_row() -> None:
    """Absent equals null: a new field that is null everywhere makes no new version of any row."""
    batch = flattened(tags=None, records=[record(mood=None)])
    assert only(batch, "datasets")["_extra"] is None
    assert only(batch, "records")["_extra"] is None
    assert {s.field for s in batch.shape} >= {"tags", "mood"}
    assert batch.outcomes[0].findings == []


@pytest.mark.parametrize(
    ("owner", "extra"),
    [
        ("null", None),
        ('{"id": 7, "email": null}', None),
        ("{}", '{"user":{}}'),
        ('{"id": null, "email": null}', '{"user":{}}'),
        ('{"id": "x"}', '{"user":{"id":"x"}}'),
        ('{"icon": 1}', '{"user":{"icon":1}}'),
        ('"somebody"', '{"user":"somebody"}'),
        ("[]", '{"user":[]}'),
    ],
)
def test_a_nested_object_is_told_from_null(owner: str, extra: str | None) -> None:
    """An object of nulls, and one of another type, can be built again."""
    batch = flattened(user=Verbatim(owner))
    assert only(batch, "datasets")["_extra"] == extra
    assert len(batch.outcomes[0].findings) == (extra is not None)


def test_an_id_that_is_sent_twice_must_agree() -> None:
    """dataset_type.id only repeats dataset_type_id; where it does not, both are kept."""
    other = {"id": 9, "name": "CUSTOM", "label": "Custom"}
    assert only(flattened(dataset_type=other), "datasets")["_extra"] == '{"dataset_type":{"id":9}}'
    del other["id"]
    row = only(flattened(dataset_type=other), "datasets")
    assert row["_extra"] == '{"dataset_type":{"id":null}}'
    assert (row["dataset_type_id"], row["dataset_type_name"]) == (1, "CUSTOM")


@pytest.mark.parametrize("sent", [None, 42, Verbatim("42.0")])
def test_a_childs_dataset_is_its_parent(sent: Any) -> None:
    """dataset_id of a child is its parent's id, also when the API leaves it null."""
    batch = flattened(records=[record(dataset_id=sent)])
    assert only(batch, "records")["dataset_id"] == 42
    assert batch.outcomes[0].findings == []


def test_another_dataset_id_is_a_finding() -> None:
    """Another value that the API sent goes to _extra and is counted."""
    batch = flattened(evaluations=[evaluation(dataset_id=43)])
    row = only(batch, "evaluations")
    assert (row["dataset_id"], row["_extra"]) == (42, '{"dataset_id":43}')
    assert counted(batch) == {("evaluations", "dataset_id", "other id", 1)}


def test_a_lone_surrogate_is_stored_as_its_six_characters() -> None:
    """In a string it is kept in the letters sent and counted; a pair is the character it means."""
    sent = Verbatim('"a\\uD83Db \\\\ud800 \\ud83d\\ude00"')
    batch = flattened(
        name=sent,
        records=[record(prompt=sent, output=sent)],
        selected_metrics={"1": sent},
        new=sent,
    )
    stored = "a\\uD83Db \\ud800 😀"
    assert only(batch, "datasets")["name"] == stored
    assert only(batch, "records")["prompt"] == stored
    assert only(batch, "records")["output"] == stored
    doubled = '"a\\\\uD83Db \\\\ud800 \\ud83d\\ude00"'
    assert only(batch, "datasets")["selected_metrics"] == f'{{"1": {doubled}}}'
    assert only(batch, "datasets")["_extra"] == f'{{"new":{doubled}}}'
    assert {field for _, field, kind, _ in counted(batch) if kind == "lone surrogate"} == {
        "name", "prompt", "output", "selected_metrics", "new",
    }  # fmt: skip


def test_the_last_of_two_equal_names_counts() -> None:
    """As every JSON parser of the API's users has it."""
    body = body_of(dataset()).replace(b'"name": ', b'"name": "first", "na\\u006de": ')
    [row] = flatten_payloads([Payload(42, body)]).tables["datasets"].to_pylist()
    assert row["name"] == "My evaluation set"


def test_the_outcome_names_the_evaluated_runs_and_the_type() -> None:
    """Which runs' evaluations the payload showed, once each, and the payload's own type."""
    shown = [evaluation(id=1, run_id=9), evaluation(id=2, run_id=4), evaluation(id=3, run_id=9)]
    [outcome] = flattened(evaluations=shown, dataset_type_id=5, dataset_type=None).outcomes
    assert (outcome.evaluated_run_ids, outcome.dataset_type_id) == ([4, 9], 5)


def test_extra_keeps_the_order_sent() -> None:
    """The same payload gives the same text of _extra in every process."""
    fields = {"b": 1, "user": {"z": 1, "id": 7, "y": 2}, "a": 2, "org_id": "x"}
    row = only(flattened(runs=[{**fields, **run(user=fields["user"], org_id="x")}]), "runs")
    assert row["_extra"] == '{"b":1,"user":{"z":1,"y":2},"a":2,"org_id":"x"}'


def test_an_empty_batch_has_all_tables() -> None:
    """No payloads give four empty tables with their schemas."""
    batch = flatten_payloads([])
    assert {name: len(table) for name, table in batch.tables.items()} == {
        "datasets": 0, "records": 0, "runs": 0, "evaluations": 0,
    }  # fmt: skip


def test_a_batch_beyond_what_a_column_holds_is_flattened_in_parts() -> None:
    """Nothing of the result tells whether the payloads were flattened together."""
    payloads = [Payload(42, body_of(dataset(name=str(i), new=i))) for i in range(5)]
    parts = flatten_payloads(payloads, largest=2 * len(payloads[0].body))
    whole = flatten_payloads(payloads)
    assert parts.tables["datasets"].column("id").num_chunks > 1
    assert (parts.tables, parts.outcomes, parts.shape) == (
        whole.tables,
        whole.outcomes,
        whole.shape,
    )
