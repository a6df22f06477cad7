"""Drift: what is different about the fields tonight, once and with its rows."""

from typing import Any

import pytest
from api_payloads import body_of, dataset, evaluation, record

from aegis_etl.tables.drift import Drift, FieldShape, compare_shapes, merge_shapes
from aegis_etl.tables.flatten import Payload, flatten_payloads


def shape_of(**changes: Any) -> list[FieldShape]:
    """How the fields of one payload came."""
    return flatten_payloads([Payload(42, body_of(dataset(**changes)))]).shape


def types_of(shapes: list[FieldShape], table: str, field: str) -> dict[str, int]:
    """The types of one field."""
    [types] = [shape.types for shape in shapes if (shape.table, shape.field) == (table, field)]
    return types


def told(drifts: list[Drift]) -> list[tuple[str, str, int]]:
    """What a comparison says, in short."""
    return [(f"{drift.table}.{drift.field}", drift.kind, drift.rows) for drift in drifts]


@pytest.mark.parametrize("odd", [{}, {"tags": None}])
def test_a_shape_counts_rows_by_type(odd: dict[str, Any]) -> None:
    """Each field's rows are counted by JSON type, whichever way the payload was read."""
    evaluations = [
        evaluation(id=1),
        evaluation(id=2, evaluation_cost=0.5, result=None),
        evaluation(id=3, evaluation_cost=None, eval_metadata={}),
    ]
    records = [record(id=1, input="a"), record(id=2, input={}), record(id=3, input=[])]
    shapes = shape_of(evaluations=evaluations, records=records, **odd)
    assert types_of(shapes, "evaluations", "evaluation_cost") == {
        "string": 1,
        "number": 1,
        "null": 1,
    }
    assert types_of(shapes, "evaluations", "result") == {"number": 2, "null": 1}
    assert types_of(shapes, "evaluations", "eval_metadata") == {"object": 1, "null": 2}
    assert types_of(shapes, "records", "input") == {"string": 1, "object": 1, "array": 1}
    assert types_of(shapes, "datasets", "user.id") == {"number": 1}


def test_a_value_in_extra_counts_with_its_own_type() -> None:
    """A value that its column cannot hold is no null: the shape shows the type that came."""
    shapes = shape_of(evaluations=[evaluation(id=1, result="high"), evaluation(id=2)])
    assert types_of(shapes, "evaluations", "result") == {"string": 1, "number": 1}


def test_the_first_documented_payload_is_no_drift() -> None:
    """What the columns take is no news, even before anything is known."""
    assert compare_shapes([], shape_of()) == []
    assert compare_shapes(shape_of(), shape_of()) == []


def test_each_kind_of_drift_is_told_with_its_rows() -> None:
    """A new field, a vanished one, a changed type, and nulls where none were."""
    known = shape_of(evaluations=[evaluation(id=i) for i in range(3)])
    tonight = shape_of(
        evaluations=[
            evaluation(id=1, model_slug=None, threshold="80", mood="good", explanation=None),
            evaluation(id=2, model_slug=None, mood=None),
        ]
    )
    assert sorted(told(compare_shapes(known, tonight))) == [
        ("evaluations.explanation", "nulls where none were", 1),
        ("evaluations.model_slug", "vanished field", 2),
        ("evaluations.mood", "new field", 1),
        ("evaluations.threshold", "changed type", 1),
    ]


def test_drift_is_told_once() -> None:
    """What was merged into the known shape is no drift the next night."""
    known = shape_of()
    tonight = shape_of(evaluations=[evaluation(threshold="80", mood=1, user_id=None)])
    assert len(compare_shapes(known, tonight)) == 3
    assert compare_shapes(merge_shapes([*known, *tonight]), tonight) == []


def test_a_field_that_rarely_had_a_value_has_not_vanished() -> None:
    """updated_at is null for most rows: a night without any value is no drift."""
    many = [record(id=i) for i in range(5)]
    known = shape_of(records=[*many, record(id=9, updated_at="2026-04-01T10:00:00Z")])
    assert compare_shapes(known, shape_of(records=many)) == []


def test_a_table_without_rows_tells_nothing() -> None:
    """No rows tonight: no field of theirs has vanished."""
    assert compare_shapes(shape_of(), shape_of(records=[], runs=[], evaluations=[])) == []


def test_merging_adds_the_rows() -> None:
    """The merged shape of two batches is that of all their rows."""
    one, two = [evaluation(id=1)], [evaluation(id=2, result=None)]
    merged = merge_shapes([*shape_of(evaluations=one), *shape_of(evaluations=two)])
    assert types_of(merged, "evaluations", "result") == {"number": 1, "null": 1}
