"""Whatever a server sends, flattening never fails, keeps the good rows and names the bad."""

import json
import random
from typing import Any

import pytest
from api_payloads import Verbatim, body_of, dataset, evaluation, record, run
from hypothesis import given, settings
from hypothesis import strategies as st

from aegis_etl.tables.flatten import Payload, flatten_payloads

ODD = [
    None, True, 0, -1, 1.5, 2**63, 2**200, "", "x", "\ud800", "\x00", [], {}, [[]], {"": {}},
    "2026-13-01T00:00:00Z", "9" * 50, "x" * 5000, "NaN", [None], {"id": None},
    Verbatim("NaN"), Verbatim("1e999"), Verbatim("-0"), Verbatim("2.0"), Verbatim("1E5"),
    Verbatim("[" * 3000 + "]" * 3000),
]  # fmt: skip


TIMES = pytest.mark.parametrize("times", [250, pytest.param(2000, marks=pytest.mark.long)])


def base() -> dict[str, Any]:
    """A payload with several rows in each table, ids from 0."""
    return dataset(
        records=[record(id=i) for i in range(4)],
        runs=[run(id=i) for i in range(3)],
        evaluations=[evaluation(id=i) for i in range(5)],
    )


def is_key(value: Any) -> bool:
    """Whether the contract lets a row be keyed by it."""
    if isinstance(value, Verbatim):
        return str(value) == "-0"
    return type(value) is int and -(2**63) <= value < 2**63


@TIMES
def test_mutated_rows_lose_no_good_one_and_name_each_bad_one(times: int) -> None:
    """One value of one row is replaced or taken away: the other rows are as they were; the row
    itself is kept, or, when it lost its key, named with its JSON as sent.
    """
    dice = random.Random(20261124)
    untouched = flatten_payloads([Payload(42, body_of(base()))]).tables
    keys = {"records": ["id"], "runs": ["id"], "evaluations": ["id", "run_id", "record_id"]}
    for _ in range(times):
        payload = base()
        table = dice.choice(list(keys))
        rows = payload[table]
        position = dice.randrange(len(rows))
        field = dice.choice([*rows[position], "unheard_of"])
        if dice.random() < 0.1:
            rows[position].pop(field, None)
        else:
            rows[position][field] = dice.choice(ODD)
        lost_key = field in keys[table] and not is_key(rows[position].get(field))
        repeats = field == "id" and not lost_key
        batch = flatten_payloads([Payload(42, body_of(payload, ascii_only=True))])
        [outcome] = batch.outcomes
        for name, before in untouched.items():
            hit = name == table
            now = {row["id"]: row for row in batch.tables[name].to_pylist()}
            for row in before.to_pylist():
                if not (hit and (row["id"] == position or repeats)):
                    assert now[row["id"]] == row
        if lost_key:
            sent = body_of(rows[position], ascii_only=True).decode()
            [error] = outcome.errors
            assert error.startswith(f"{table}[{position}].{field}: ")
            assert error.endswith(sent)
            assert (outcome.state, outcome.rows[table]) == ("partial", len(rows) - 1)
        elif not repeats:
            assert (outcome.state, outcome.rows[table]) == ("ok", len(rows))


@TIMES
def test_damaged_bodies_harm_nobody(times: int) -> None:
    """Bytes cut, doubled, swapped or overwritten: no exception, and a whole neighbour each time."""
    dice = random.Random(7)
    good = body_of(base())
    whole = {
        name: len(table) for name, table in flatten_payloads([Payload(42, good)]).tables.items()
    }
    for _ in range(times):
        body = bytearray(good)
        for _ in range(dice.randint(1, 3)):
            start = dice.randrange(len(body))
            end = start + dice.choice([1, 1, 2, 20, 300])
            body[start:end] = dice.choice(
                [b"", bytes(body[start:end]) * 2, bytes([dice.randrange(256)]), b'"', b"}", b"\\u"]
            )
        batch = flatten_payloads([Payload(42, bytes(body)), Payload(42, good)])
        damaged, neighbour = batch.outcomes
        assert (neighbour.state, neighbour.rows) == ("ok", whole)
        assert damaged.errors or damaged.state == "ok"
        try:
            sent = json.loads(bytes(body))
        except ValueError:
            assert damaged.state == "quarantined"
            continue
        if damaged.state == "ok":
            assert len(sent["evaluations"]) >= damaged.rows["evaluations"]


@settings(max_examples=300)
@given(body=st.binary() | st.text().map(str.encode))
def test_any_bytes_are_quarantined_or_flattened(body: bytes) -> None:
    """No bytes whatever raise."""
    [outcome] = flatten_payloads([Payload(1, body)]).outcomes
    assert (outcome.state, len(outcome.errors)) == ("quarantined", 1)
