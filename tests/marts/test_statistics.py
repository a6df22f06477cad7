"""The statistics that DuckDB lacks agree with scipy."""

import math
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_statistics import benjamini_hochberg, sign_test, t_975, t_two_sided, wilson

COUNTS = st.integers(0, 300)
PROBABILITIES = st.floats(0, 1, allow_subnormal=False)


@pytest.fixture(scope="module")
def macros(empty_marts: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A warehouse whose macros can be called."""
    return empty_marts


def call(macros: duckdb.DuckDBPyConnection, expression: str, *values: object) -> object:
    """The value of an expression."""
    row = macros.execute(f"select {expression}", values).fetchone()
    assert row is not None
    return row[0]


@settings(max_examples=40, deadline=None)
@given(t=st.floats(-40, 40), df=st.integers(1, 400))
def test_student_t(macros: duckdb.DuckDBPyConnection, t: float, df: int) -> None:
    """The p-value and the distribution of Student's t agree with scipy, in the far tails too."""
    p_value = t_two_sided(t, df)
    found = call(macros, "marts.student_t_p_value($1::double, $2::bigint)", t, df)
    assert found == pytest.approx(p_value, rel=1e-9, abs=1e-300)
    below = call(macros, "marts.student_t_cdf($1::double, $2::bigint)", t, df)
    assert below == pytest.approx(1 - p_value / 2 if t > 0 else p_value / 2, abs=1e-12)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 10, 30, 99, 400, 1000])
def test_student_t_quantile(macros: duckdb.DuckDBPyConnection, df: int) -> None:
    """The quantile is where the distribution says so, on both sides."""
    upper = call(macros, "marts.student_t_quantile(0.975, $1::bigint)", df)
    lower = call(macros, "marts.student_t_quantile(0.025, $1::bigint)", df)
    assert upper == pytest.approx(t_975(df), rel=1e-9)
    assert lower == pytest.approx(-t_975(df), rel=1e-9)


def test_student_t_of_many_degrees(macros: duckdb.DuckDBPyConnection) -> None:
    """It holds for a hundred thousand records."""
    found = call(macros, "marts.student_t_quantile(0.975, 100000)")
    assert found == pytest.approx(t_975(100_000), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(ups=COUNTS, downs=COUNTS)
def test_sign_test(macros: duckdb.DuckDBPyConnection, ups: int, downs: int) -> None:
    """The sign test agrees with scipy's exact binomial test; null of nothing."""
    found = call(macros, "marts.sign_test($1::bigint, $2::bigint)", ups, downs)
    expected = sign_test(ups, downs)
    assert found == (expected if expected is None else pytest.approx(expected, rel=1e-9))


@settings(max_examples=60, deadline=None)
@given(successes=COUNTS, failures=COUNTS)
def test_wilson(macros: duckdb.DuckDBPyConnection, successes: int, failures: int) -> None:
    """Wilson's interval agrees with scipy's, lies within 0 and 1, and is null of nothing."""
    n = successes + failures
    found = call(macros, "marts.wilson_interval($1::bigint, $2::bigint)", successes, n)
    expected = wilson(successes, n)
    if expected is None:
        assert found is None
    else:
        assert isinstance(found, dict)
        assert (found["low"], found["high"]) == pytest.approx(expected, abs=1e-9)
        assert 0 <= found["low"] <= found["high"] <= 1


@settings(max_examples=40, deadline=None)
@given(families=st.lists(st.lists(st.none() | PROBABILITIES, max_size=8), max_size=3))
def test_benjamini_hochberg(
    macros: duckdb.DuckDBPyConnection, families: list[list[float | None]]
) -> None:
    """Within each family, ties and nulls included, q-values are those of the procedure."""
    rows = [(family, i, p) for family, ps in enumerate(families) for i, p in enumerate(ps)]
    macros.execute("create or replace temp table p_values (family int, place int, p double)")
    if rows:
        macros.executemany("insert into p_values values ($1, $2, $3)", rows)
    found = macros.execute(
        "select family, place, marts.benjamini_hochberg(p, step, family) from ("
        " select *, marts.benjamini_hochberg_step(p, family) as step from p_values)"
    ).fetchall()
    q_values = {(family, place): q for family, place, q in found}
    for family, ps in enumerate(families):
        places = [i for i, p in enumerate(ps) if p is not None]
        expected = benjamini_hochberg([p for p in ps if p is not None])
        assert [q_values[family, i] for i in places] == pytest.approx(expected, abs=1e-12)
        assert all(q_values[family, i] is None for i, p in enumerate(ps) if p is None)


AMOUNTS = st.decimals(-(10**20) + 1, 10**20 - 1, places=18)


@settings(max_examples=60, deadline=None)
@given(amounts=st.lists(st.none() | AMOUNTS, max_size=6))
def test_exact_sum(macros: duckdb.DuckDBPyConnection, amounts: list[Decimal | None]) -> None:
    """Sums of cost are exact to all 18 decimals; too large ones are null, never an error."""
    macros.execute("create or replace temp table amounts (amount decimal(38, 18))")
    for amount in amounts:
        text = None if amount is None else f"{amount:f}"
        macros.execute("insert into amounts values (cast($1 as decimal(38, 18)))", [text])
    found = macros.execute("select marts.exact_sum(amount) from amounts").fetchone()
    known = [amount for amount in amounts if amount is not None]
    exact = sum(map(Fraction, known), Fraction(0))
    if not known:
        assert found == (None,)
    elif abs(exact) < 99_999_999_980 * 10**9:
        assert found is not None
        assert Fraction(found[0]) == exact
    elif abs(exact) >= 10**20:
        assert found == (None,)


def test_paired_p_value_without_variance(macros: duckdb.DuckDBPyConnection) -> None:
    """Pairs that all moved alike take the sign test; too few, or unmoved, have no p-value."""
    alike = "marts.paired_p_value($1::bigint, $2::double, 0.0, $2::double, $2::double)"
    assert call(macros, alike, 6, -2.0) == pytest.approx(2 * 0.5**6)
    assert call(macros, alike, 4, -2.0) is None
    assert call(macros, alike, 6, 0.0) is None
    assert not math.isnan(float(str(call(macros, alike, 40, 0.1))))
