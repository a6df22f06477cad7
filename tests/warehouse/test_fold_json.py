"""JSON columns are equal by value, text columns by text (contract: *Nothing is dropped*)."""

import json
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warehouse_nights import Row, Served, rows_of
from warehouse_single import evaluation, fold, served, spans

from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.values import keep_spelling

JSON_COLUMNS = [
    (name, column.name)
    for name, table in TABLES.items()
    for column in table.columns
    if column.type == "JSON"
]
TEXT = '{"a":2,"b":{"c":[1,{"d":0.5,"e":null}]},"f":"x"}'
RESPELT = '{ "f":"\\u0078", "b":{"c":[1.0, {"e":null, "d":5e-1}]}, "a":2.00 }'

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


def served_with(table: str, **columns: str | None) -> Served:
    """A payload of one row a table, of which that table's one holds these columns."""
    payload = served((5,), evaluation(7, 5))
    rows: dict[str, Row] = {
        "datasets": payload.dataset,
        "records": payload.records[1],
        "runs": payload.runs[5],
        "evaluations": payload.evaluations[7],
    }
    rows[table].update(columns)
    return payload


@pytest.mark.parametrize(("table", "column"), JSON_COLUMNS)
def test_json_of_the_same_value_is_no_change(
    connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> None:
    """Another order of members, another form of a number or a string opens no version."""
    fold(connection, *(served_with(table, **{column: text}) for text in (TEXT, RESPELT, TEXT)))
    assert [span[1:] for span in spans(connection, table)] == [(0, None)]
    assert rows_of(connection, f"select {column} from {table}") == [{column: TEXT}]


@pytest.mark.parametrize(("table", "column"), JSON_COLUMNS)
def test_json_of_another_value_is_a_change(
    connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> None:
    """Another number, type, order of an array's items, a lost member or null opens a version."""
    texts = [
        TEXT,
        TEXT.replace('"a":2', '"a":2.00000000000000000001'),
        TEXT.replace('"a":2', '"a":"2"'),
        TEXT.replace('[1,{"d":0.5,"e":null}]', '[{"d":0.5,"e":null},1]'),
        TEXT.replace(',"e":null', ""),
        None,
    ]
    fold(connection, *(served_with(table, **{column: text}) for text in texts))
    began = [*range(len(texts)), None]
    assert [span[1:] for span in spans(connection, table)] == list(pairwise(began))
    versions = rows_of(connection, f"select {column} from history.{table} order by _valid_from")
    assert [row[column] for row in versions] == texts


def test_a_row_that_changed_besides_is_stored_as_sent(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A version that another column opens holds its JSON as it came."""
    fold(
        connection,
        served_with("runs", aggregate_results=TEXT, alias="old"),
        served_with("runs", aggregate_results=RESPELT, alias="new"),
    )
    assert spans(connection, "runs") == [(5, 0, 1), (5, 1, None)]
    (row,) = rows_of(connection, "select alias, aggregate_results from runs")
    assert row == {"alias": "new", "aggregate_results": RESPELT}


@pytest.mark.parametrize("column", ["input", "context", "output", "golden_answer"])
def test_structured_text_is_compared_as_text(
    connection: duckdb.DuckDBPyConnection, column: str
) -> None:
    """What is kept digit for digit changes with its digits and with the order of its members."""
    fold(
        connection,
        *(served_with("records", **{column: text}) for text in (TEXT, RESPELT)),
    )
    assert spans(connection, "records") == [(1, 0, 1), (1, 1, None)]


@given(value=values)
def test_every_spelling_of_a_value_means_the_same(value: object) -> None:
    """Members in another order, other blanks and escapes: the text stays as it was first sent."""
    sent = json.dumps(value)
    respelt = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    assert keep_spelling(sent, respelt) == sent
