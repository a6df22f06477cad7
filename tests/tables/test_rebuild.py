"""Nothing is dropped: from the lake's rows the API's JSON can be built again."""

import math
from typing import Any

import pytest
from api_payloads import Verbatim, body_of, dataset, evaluation, record
from api_strategies import fitting_payloads, odd_payloads, unknown_fields
from hypothesis import given, settings
from rebuilt import differences, parse, rebuild

from aegis_etl.tables.exact import read_exactly
from aegis_etl.tables.flatten import FlatBatch, Payload, flatten_payloads
from aegis_etl.tables.rows import build_tables
from aegis_etl.tables.typed import read_typed


def lost(body: bytes, batch: FlatBatch) -> list[str]:
    """What of a payload cannot be built again from the batch that it alone became."""
    sent = parse(body)
    rows = {name: sent.pop(name) for name in ("records", "runs", "evaluations")}
    found = []
    for table, sent_rows in {"datasets": [sent], **rows}.items():
        stored = batch.tables[table].to_pylist()
        assert len(stored) == len(sent_rows)
        for sent_row, row in zip(sent_rows, stored, strict=True):
            parent = None if table == "datasets" else 42
            found += differences(table, sent_row, rebuild(table, row), parent)
            assert all(math.isfinite(v) for v in row.values() if isinstance(v, float))
    return found


@settings(max_examples=80)
@given(payload=odd_payloads)
def test_the_apis_json_can_be_built_again_from_the_lake(payload: dict[str, Any]) -> None:
    """Every field of every row has the value that was sent, the unknown ones too."""
    body = body_of(payload, ascii_only=True)
    batch = flatten_payloads([Payload(42, body)])
    assert (batch.outcomes[0].state, batch.outcomes[0].errors) == ("ok", [])
    assert lost(body, batch) == []


@settings(max_examples=100)
@given(payload=fitting_payloads)
def test_the_typed_and_the_exact_way_give_the_same_rows(payload: dict[str, Any]) -> None:
    """What columns hold is read by the typed decoder, and exactly as value by value."""
    asked = Payload(42, body_of(payload), is_shared=True)
    typed, exact = read_typed(asked), read_exactly(asked)
    assert typed is not None
    (tables, shape), (exact_tables, exact_shape) = build_tables([typed]), build_tables([exact])
    assert not exact.findings
    assert shape == exact_shape
    for name, table in tables.items():
        table.validate(full=True)
        assert table.equals(exact_tables[name])
        assert table["_extra"].null_count == len(table)
    assert lost(asked.body, flatten_payloads([asked])) == []


@settings(max_examples=100)
@given(payload=fitting_payloads, unknown=unknown_fields)
def test_unknown_fields_are_kept_the_same_either_way(
    payload: dict[str, Any], unknown: dict[str, Any]
) -> None:
    """A new field alone does not send a payload the slow way, and is kept and counted as there."""
    payload["evaluations"].append(evaluation(id=99, **unknown))
    asked = Payload(42, body_of({**payload, **unknown}))
    typed, exact = read_typed(asked), read_exactly(asked)
    assert typed is not None
    assert (typed.extras, typed.findings, typed.odd_types) == (
        exact.extras,
        exact.findings,
        exact.odd_types,
    )
    assert build_tables([typed]) == build_tables([exact])
    assert lost(asked.body, flatten_payloads([asked])) == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000 + "]" * 20_000,
        '{"a":' * 20_000 + "NaN" + "}" * 20_000,
    ],
)
def test_nesting_of_any_depth_survives_as_text(text: str) -> None:
    """Structured text and unknown fields nested beyond any parser's limit keep every character."""
    body = body_of(dataset(records=[record(input=Verbatim(text), unknown=Verbatim(text))]))
    batch = flatten_payloads([Payload(42, body)])
    [row] = batch.tables["records"].to_pylist()
    assert batch.outcomes[0].state == "ok"
    assert row["input"] == text
    assert row["_extra"] == f'{{"unknown":{text.replace("NaN", chr(34) + "NaN" + chr(34))}}}'


def test_one_odd_payload_leaves_the_rest_of_the_batch_as_it_is() -> None:
    """A payload that takes the exact way, or is quarantined, changes no row of another one."""
    good = [Payload(i, body_of(dataset(id=i, records=[record(dataset_id=i)], runs=[],
            evaluations=[evaluation(dataset_id=i)]))) for i in (1, 2, 3)]  # fmt: skip
    odd = [
        Payload(4, b"{"),
        Payload(5, body_of(dataset(id=5, records=[record(dataset_id=5, created_at="soon")]))),
        Payload(6, body_of(dataset(id=6, evaluations=[evaluation(id=None)]))),
    ]
    alone = flatten_payloads(good)
    mixed = flatten_payloads([good[0], odd[0], odd[1], good[1], odd[2], good[2]])
    assert [outcome.state for outcome in mixed.outcomes] == [
        "ok", "quarantined", "ok", "ok", "partial", "ok",
    ]  # fmt: skip
    for name, table in alone.tables.items():
        id_column = "id" if name == "datasets" else "dataset_id"
        kept = [row for row in mixed.tables[name].to_pylist() if row[id_column] in {1, 2, 3}]
        assert kept == table.to_pylist()
