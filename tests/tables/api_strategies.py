"""Payloads of any values: those that columns hold, and those that nobody expects."""

from typing import Any

from api_payloads import Verbatim, dataset, evaluation, record, run
from hypothesis import strategies as st

texts = st.one_of(
    st.text(),
    st.text(st.characters(exclude_categories=())),
    st.sampled_from(
        ["", "null", '"', "\\", "\r\n", "\u2028", "😀", "\x00", "\\ud800", "\ud800", "{}", "0.1"]
    ),
)
numbers = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(["2.0", "1e2", "-0", "-0.0", "0.1", "9007199254740993", "1e999", "0e999"]),
    st.integers(-(2**70), 2**70).map(str),
).map(Verbatim)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
nested = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
deep = st.integers(1, 300).map(lambda depth: Verbatim("[" * depth + "1.50" + "]" * depth))
anything = nested | deep
times = st.one_of(
    st.datetimes().map(lambda time: time.isoformat()),
    st.datetimes().map(lambda time: f"{time.isoformat()}Z"),
    st.dates().map(lambda date: date.isoformat()),
    st.sampled_from(
        [
            "2026-04-01T10:00:00.1234560Z",
            "2026-04-01T10:00:00.1234567Z",
            "2026-04-01 10:00:00+02:00",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-01:00",
            "2026-02-30T00:00:00Z",
            "2026-04-01T23:59:60Z",
            "2026-04-01t10:00:00z",
            "yesterday",
        ]
    ),
)
costs = numbers.map(str) | numbers


integers = st.integers(-(2**63), 2**63 - 1)
doubles = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=18, max_value=10**19)
plain_texts = st.text()
plain_json = st.dictionaries(plain_texts, st.none() | doubles | plain_texts, max_size=3)

FITTING: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "datasets": {
        "user": st.none() | st.fixed_dictionaries({"id": integers, "email": plain_texts}),
        "name": plain_texts,
        "structure": st.lists(st.none() | plain_texts),
        "selected_metrics": plain_json,
        "org_id": integers,
        "created_at": st.datetimes().map(lambda time: f"{time.isoformat()}Z"),
        "author_email": plain_texts,
    },
    "records": {
        "user_id": integers,
        "prompt": plain_texts,
        "input": plain_texts | plain_json,
        "context": plain_texts | st.lists(plain_texts),
        "output": plain_texts | plain_json,
        "created_at": st.datetimes().map(lambda time: time.isoformat()),
        "updated_at": st.dates().map(lambda date: date.isoformat()),
    },
    "runs": {
        "result": doubles,
        "threshold": doubles,
        "number_of_metrics": integers,
        "aggregate_results": plain_json,
        "dataset": plain_json,
        "is_gte_threshold": st.booleans(),
        "run_type_id": st.just(2),
    },
    "evaluations": {
        "metric_id": integers,
        "result": doubles,
        "explanation": plain_texts,
        "credits_consumed": integers,
        "evaluation_cost": decimals.map(str) | decimals.map(lambda d: Verbatim(f"{d:f}")),
        "eval_metadata": plain_json,
        "is_success": st.booleans(),
        "started_at": st.datetimes().map(lambda time: f"{time.isoformat()}+02:00"),
    },
}
"""Fields with values that their columns hold."""


def objects(*fields: str) -> st.SearchStrategy[Any]:
    """A nested object with some of its fields, or an unknown one more."""
    return st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys((*fields, "icon"), scalars))


ODD: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "datasets": {
        "user": objects("id", "email"),
        "dataset_type_id": numbers,
        "dataset_type": objects("id", "name", "label", "description"),
        "name": texts,
        "structure": st.lists(st.none() | texts),
        "selected_metrics": st.dictionaries(texts, anything, max_size=3),
        "org_id": numbers,
        "created_at": times,
    },
    "records": {
        "user_id": numbers,
        "dataset_id": numbers,
        "prompt": texts,
        "input": anything,
        "context": anything,
        "output": anything,
        "golden_answer": anything,
        "created_at": times,
        "updated_at": times,
    },
    "runs": {
        "user": objects("id", "email"),
        "run_type_id": numbers,
        "run_type": objects("id", "name"),
        "run_source": objects("id", "label"),
        "result": numbers,
        "threshold": numbers,
        "number_of_metrics": numbers,
        "aggregate_results": st.dictionaries(texts, anything, max_size=3),
        "dataset": st.dictionaries(texts, anything, max_size=3),
        "finished_at": times,
    },
    "evaluations": {
        "metric_id": numbers,
        "dataset_id": numbers,
        "result": numbers,
        "explanation": texts,
        "credits_consumed": numbers,
        "evaluation_cost": costs,
        "eval_metadata": st.dictionaries(texts, anything, max_size=3),
        "is_success": scalars,
        "started_at": times,
    },
}
"""Fields with values that their columns may or may not hold."""

_UNKNOWN = st.dictionaries(
    st.sampled_from(["icon", "_extra", "input_type", "user_email", "is_shared", "a.b", "id "]),
    anything,
    max_size=2,
)


def _fitting(table: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=FITTING[table])


def _odd(table: str) -> st.SearchStrategy[dict[str, Any]]:
    known = st.fixed_dictionaries(
        {}, optional={name: values | anything for name, values in ODD[table].items()}
    )
    return st.tuples(_UNKNOWN, known).map(lambda pair: {**pair[0], **pair[1]})


@st.composite
def _payloads(draw: st.DrawFn, changes: Any) -> dict[str, Any]:
    make = {"records": record, "runs": run, "evaluations": evaluation}
    return dataset(
        **draw(changes("datasets")),
        **{
            table: [
                make_row(id=number, **fields)
                for number, fields in enumerate(draw(st.lists(changes(table), max_size=2)))
            ]
            for table, make_row in make.items()
        },
    )


fitting_payloads = _payloads(_fitting)
odd_payloads = _payloads(_odd)

unknown_fields = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1).map("new {}".format),
    st.none() | numbers | plain_texts | plain_json | st.just(Verbatim('{"a" :[1.50,1E2 ]}')),
    max_size=3,
)
"""Fields that no column knows, with values that any parser takes."""
