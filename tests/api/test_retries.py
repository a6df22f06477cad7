"""What a Retry-After asks for, and bodies that count as JSON: properties."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegis_etl.api.bodies import check_json
from aegis_etl.api.retries import parse_retry_after

NOW = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
QUARTER_HOUR = 900

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    max_leaves=12,
)


@given(st.floats(min_value=0, max_value=1e9))
def test_seconds_are_taken_up_to_a_quarter_hour(seconds):
    """Whole or with a fraction, seconds mean themselves, at most 15 minutes."""
    assert parse_retry_after(str(seconds), NOW) == min(seconds, QUARTER_HOUR)


@given(st.integers(min_value=-(10**8), max_value=10**8))
def test_a_date_means_the_time_until_it(seconds):
    """A date in the past asks for no wait, one far ahead for 15 minutes."""
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(date, NOW) == min(max(seconds, 0), QUARTER_HOUR)


@given(st.text())
def test_no_header_breaks_the_client(value):
    """Whatever the header says, it means nothing, or from 0 seconds to 15 minutes."""
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= QUARTER_HOUR


@pytest.mark.parametrize("value", [None, "", "soon", "nan", "Tue, 99 Nov 2026 02:00:00 GMT"])
def test_a_header_that_says_nothing_asks_for_nothing(value):
    """Then the client's own pause applies."""
    assert parse_retry_after(value, NOW) is None


@given(json_values)
def test_what_python_writes_is_json(value):
    """NaN, infinities, surrogates, long numbers: what a Python server may send is taken."""
    body = json.dumps(value).encode()
    assert check_json(body) is body


@given(json_values.map(lambda value: json.dumps({"records": [value]}).encode()), st.data())
def test_a_truncated_object_is_no_json(body, data):
    """Wherever an object is cut, what is left is refused."""
    cut = data.draw(st.integers(min_value=0, max_value=len(body) - 1))
    assert not _takes(check_json, body[:cut])


@given(st.text())
def test_text_counts_as_json_just_when_python_says_so(text):
    """The fast look and the tolerant one together are Python's own judgement."""
    assert _takes(check_json, text.encode()) == _takes(json.loads, text)


def _takes(parse, text):
    try:
        parse(text)
    except ValueError:
        return False
    return True
