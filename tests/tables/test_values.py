"""Both ways to a value, column-wise and one by one, take the same texts to mean the same."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from api_payloads import Verbatim, body_of, dataset, evaluation, record
from api_strategies import odd_payloads
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aegis_etl.tables.api_tables import EVALUATIONS, TABLES
from aegis_etl.tables.arrays import InexactError, decimals, strings, timestamps
from aegis_etl.tables.flatten import Payload, flatten_payloads
from aegis_etl.tables.values import MisfitError, read_value

COST, TIME = EVALUATIONS.column("evaluation_cost"), EVALUATIONS.column("created_at")
RESULT, CREDITS = EVALUATIONS.column("result"), EVALUATIONS.column("credits_consumed")

digits = st.integers(0, 10**6) | st.integers(0, 10**45)
fractions = st.just("") | st.builds(".{}{}".format, st.sampled_from(["", "0", "0" * 15]), digits)
exponents = st.just("") | st.builds(
    "{}{}".format, st.sampled_from(["e", "E+", "e-", "E-0"]), st.integers(0, 99)
)
numerics = st.builds("{}{}{}{}".format, st.sampled_from(["", "-"]), digits, fractions, exponents)
odd_numerics = st.sampled_from(
    ["", " 1", "1\n", "+1", ".5", "1.", "007", "0x1", "1_0", "NaN", "١", "0e400", "1e400", "-0"]
)
times = st.from_regex(
    r"(0001|2026|9999)-(01|02|12)-(0[1-9]|2[0-9]|3[01])"
    r"([T ]([01][0-9]|2[0-4])(:[0-6][0-9](:[0-6][0-9](\.[0-9]{0,5}[1-9]?0{0,3})?)?)?"
    r"(Z|[+-][0-2][0-9](:?[0-7][0-9])?)?)?",
    fullmatch=True,
)


def one_by_one(column: Any, text: str) -> Any:
    """What the exact way reads, or None where it refuses."""
    try:
        return read_value(column, text)
    except MisfitError:
        return None


@settings(max_examples=400)
@given(text=numerics | odd_numerics)
@example(text="3E22")
@example(text="0.01E-91")
@example(text="1e-05")
@example(text="99999999999999999999.999999999999999999")
@example(text="0.0000000000000000001")
def test_costs(text: str) -> None:
    """A text is the decimal that Python reads there, if that has 18 places and 38 digits."""
    try:
        json.loads(text)
        number = Fraction(text)
        exact = (number * 10**18).denominator == 1 and abs(number) < 10**20
        expected = Decimal(text) if exact and text.strip() == text else None
    except ValueError:
        expected = None
    raw = one_by_one(COST, json.dumps(text))
    alone = decimals(strings([str(raw, "utf-8").strip('"')])) if raw else pa.nulls(1)
    assert alone.to_pylist() == [expected]
    try:
        column = decimals(strings([text])).to_pylist()
    except InexactError:
        return
    assert column == [expected]


@settings(max_examples=300)
@given(text=times)
@example(text="0001-01-01T00:00:00+00:01")
@example(text="9999-12-31T23:59:59-00:01")
@example(text="2026-04-01T10:00:00Z\n")
@example(text="2026-04-01")
@example(text="2026-04-01 ")
def test_times(text: str) -> None:
    """What the column-wise way takes, the exact way takes as the same instant, zone or none."""
    alone = one_by_one(TIME, json.dumps(text))
    try:
        [column] = timestamps([text]).to_pylist()
    except InexactError:
        return
    assert alone is not None
    assert datetime.fromisoformat(alone) == column


@given(
    time=st.datetimes(),
    zone=st.sampled_from(["", "Z", "+00:00", "-00:00"]),
    zeros=st.sampled_from(["", "0", "000"]),
)
def test_times_are_those_of_the_standard_library(time: datetime, zone: str, zeros: str) -> None:
    """A time's instant is the one that Python reads, zeros below a microsecond left aside."""
    text = time.isoformat() + (zeros if time.microsecond else "") + zone
    assert datetime.fromisoformat(one_by_one(TIME, json.dumps(text))) == time.replace(tzinfo=UTC)


@settings(max_examples=200)
@given(text=numerics)
@example(text="9007199254740993")
@example(text="1152921504606846976")
@example(text="-0")
@example(text="1e-400")
@example(text="2.2250738585072011e-308")
@example(text="9223372036854775808")
@example(text="-9223372036854775808")
@example(text="9223372036854775807.0")
@example(text="9" * 5000)
def test_doubles_and_integers(text: str) -> None:
    """A double is the nearest to a decimal text, and exactly an integer's; a BIGINT is exact."""
    integral = not set(text) & set(".eE")
    double = float(text)
    exact = math.isfinite(double) and (not integral or Decimal(text) == Decimal(double))
    assert one_by_one(RESULT, text) == (double if exact else None)
    number = Decimal(text)
    fits = number == number.to_integral_value() and -(2**63) <= number < 2**63
    assert one_by_one(CREDITS, text) == (int(number) if fits else None)
    body = body_of(dataset(evaluations=[evaluation(result=Verbatim(text))]))
    [row] = flatten_payloads([Payload(42, body)]).tables["evaluations"].to_pylist()
    assert row["result"] == (double if exact else None)


def test_instants_of_a_column_need_not_have_the_same_form() -> None:
    """Texts with zone, without, and dates in one column each mean what they mean alone."""
    texts = ["2026-04-01T10:00:00Z", None, "2026-04-01T10:00:00", "2026-04-01", "2026-04-01 10+01"]
    assert timestamps(texts).to_pylist() == [
        datetime(2026, 4, 1, 10, tzinfo=UTC),
        None,
        datetime(2026, 4, 1, 10, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
        datetime(2026, 4, 1, 9, tzinfo=UTC),
    ]


def assert_json_loads(tables: dict[str, pa.Table]) -> None:
    """DuckDB takes every JSON column as JSON, and so does a strict parser."""
    texts = [
        text
        for name, table in tables.items()
        for column in TABLES[name].columns
        if column.type == "JSON"
        for text in table[column.name].drop_null().to_pylist()
    ]
    for text in texts:
        msgspec.json.decode(text, type=msgspec.Raw)
    with duckdb.connect() as database:
        for text in texts:
            [[kind]] = database.execute("select json_type(?::json)", [text]).fetchall()
            assert kind == "OBJECT"


@settings(max_examples=30)
@given(payload=odd_payloads)
def test_json_columns_are_json_to_duckdb(payload: dict[str, Any]) -> None:
    """Whatever was sent, the JSON columns and _extra hold objects that DuckDB reads."""
    batch = flatten_payloads([Payload(42, body_of(payload, ascii_only=True))])
    assert_json_loads(batch.tables)


def test_nasty_json_is_json_to_duckdb() -> None:
    """Lone surrogates, NaN, endless numbers and NUL, in values and names, at any level."""
    long = "1" * 400
    nasty = Verbatim(
        rf'{{"\ud800": ["\udfff", NaN, -Infinity, 1e999, {long}, "\u0000", {{"\u0000": 1}}]}}'
    )
    body = body_of(
        dataset(selected_metrics=nasty, x=nasty, records=[record(user_id=nasty)], user=nasty)
    )
    assert_json_loads(flatten_payloads([Payload(42, body)]).tables)
