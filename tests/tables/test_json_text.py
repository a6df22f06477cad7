"""JSON text is taken apart without changing a character, and judged as a strict parser would."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aegis_etl.tables.json_text import (
    _children,
    decode_string,
    escape_lone_surrogates,
    quote_non_numbers,
    split,
)

values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)
pieces = st.lists(
    st.sampled_from(
        [*'{}[]:,"\\ \n', "null", "true", "1", "-", "0", ".5", "e9", "NaN", '"a"', "\\ud800"]
    ),
    max_size=12,
).map("".join)


def read(text: str) -> Any:
    """The scanner's view of a text, put together again by the standard parser."""
    children = list(_children(text))
    if text.strip()[:1] == "{":
        return {json.loads(name): json.loads(value) for name, value in children}
    if text.strip()[:1] == "[":
        return [json.loads(value) for _, value in children]
    return None


@given(value=values, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_parts_are_the_text_that_was_sent(value: Any, indent: int | None, ascii_only: bool) -> None:
    """The parts are pieces of the text, and mean what the standard parser reads there."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    parts = split(text)
    whole = json.loads(text)
    if isinstance(parts, dict):
        assert repr({name: json.loads(part) for name, part in parts.items()}) == repr(whole)
        assert all(part in text for part in parts.values())
    elif isinstance(parts, list):
        assert repr([json.loads(part) for part in parts]) == repr(whole)
        assert all(part in text for part in parts)
    else:
        assert not isinstance(whole, dict | list)


@settings(max_examples=500)
@given(text=pieces)
def test_the_scanner_takes_what_the_standard_parser_takes(text: str) -> None:
    """Valid is what Python's own parser accepts, NaN and Infinity among it; nothing else is."""
    try:
        whole = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError, match="character"):
            list(_children(text))
        return
    expected = whole if isinstance(whole, dict | list) else None
    assert repr(read(text)) == repr(expected)


@settings(max_examples=300)
@given(text=st.text(st.characters(exclude_categories=())))
def test_a_string_decodes_to_storable_text(text: str) -> None:
    """The decoded string can be stored as UTF-8, and without surrogates is the one sent."""
    decoded = decode_string(json.dumps(text))
    decoded.encode()
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert decoded == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (r'"\ud800"', r'"\\ud800"'),
        (r'"\uDfFf"', r'"\\uDfFf"'),
        (r'"\\ud800"', r'"\\ud800"'),
        (r'"\\\ud800"', r'"\\\\ud800"'),
        (r'"\ud83d\ude00"', r'"\ud83d\ude00"'),
        (r'"\ude00\ud83d"', r'"\\ude00\\ud83d"'),
        (r'"\ud83d\ud83d\ude00"', r'"\\ud83d\ud83d\ude00"'),
        (r'"\u0041\n"', r'"\u0041\n"'),
    ],
)
def test_only_lone_surrogates_are_escaped(text: str, escaped: str) -> None:
    """A pair is a character; a backslash before the escape is text."""
    assert escape_lone_surrogates(text) == escaped
    assert msgspec.json.decode(escaped) is not None


def test_only_tokens_are_quoted() -> None:
    """NaN inside a string is text; outside it is a number that JSON does not know."""
    text = r'{"NaN":[NaN,-Infinity,"\"Infinity NaN",Infinity]}'
    assert quote_non_numbers(text) == r'{"NaN":["NaN","-Infinity","\"Infinity NaN","Infinity"]}'
