"""JSON as text: taken apart one level at a time without changing a character of any value.

For payloads that a strict decoder refuses as a whole because of one value: lone surrogates, NaN
and Infinity (which Python servers send), numbers beyond a double, nesting of any depth.
"""

import json
import re
from collections.abc import Iterator, Mapping

import msgspec

from aegis_etl.tables.columns import JsonType

NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SPACE = r"[ \t\n\r]*+"
_STRING = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_NO_NUMBER = r"NaN|-?Infinity"
_TOKEN = re.compile(
    rf"{_SPACE}(?:(?P<string>{_STRING})|(?P<scalar>{_NO_NUMBER}|{NUMBER}|true|false|null)"
    rf"|(?P<mark>[\[\]{{}}:,]))"
)
_REST = re.compile(rf"{_SPACE}\Z")
_STRING_OR_NO_NUMBER = re.compile(rf"(?P<string>{_STRING})|{_NO_NUMBER}")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw])
_ALLOWED = {
    "a value": {"string", "scalar", "{", "["},
    "a value or ]": {"string", "scalar", "{", "[", "]"},
    "a name": {"string"},
    "a name or }": {"string", "}"},
    "a colon": {":"},
    "a comma or an end": {",", "]", "}"},
}
_TYPES: dict[str, JsonType] = {
    "{": "object",
    "[": "array",
    '"': "string",
    "t": "boolean",
    "f": "boolean",
    "n": "null",
}


def split(text: str) -> dict[str, str] | list[str] | None:
    """The members of an object or the items of an array, each as the text that was sent.

    Names are decoded; of equal names the last counts. A scalar has no parts: None. NaN, Infinity
    and -Infinity count as numbers.

    Raises:
        ValueError: the text is no JSON; says where and what was expected.
    """
    try:
        parts = _PARTS.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        children = list(_children(text))
        match json_type(text.lstrip(" \t\n\r")):
            case "object":
                return {decode_string(name): value for name, value in children}
            case "array":
                return [value for _, value in children]
            case _:
                return None
    if isinstance(parts, dict):
        return {name: str(value, "utf-8") for name, value in parts.items()}
    return [str(value, "utf-8") for value in parts]


def json_type(text: str) -> JsonType:
    """The type of a JSON value that has no space before it."""
    return _TYPES.get(text[:1], "number")


def decode_string(text: str) -> str:
    """The value of a JSON string; a lone surrogate escape becomes its six characters."""
    if "\\" not in text:
        return text[1:-1]
    return str(json.loads(escape_lone_surrogates(text)))


def escape_lone_surrogates(text: str) -> str:
    """The same JSON with each lone surrogate escape as its six characters: no other text can be
    stored as UTF-8 or read by DuckDB.
    """
    if "\\u" not in text:
        return text
    return _ESCAPE.sub(lambda found: f"\\{found[0]}" if found["lone"] else found[0], text)


def quote_non_numbers(text: str) -> str:
    """The same JSON with NaN, Infinity and -Infinity as strings: JSON knows no such numbers."""
    if "N" not in text and "I" not in text:
        return text
    return _STRING_OR_NO_NUMBER.sub(
        lambda found: found[0] if found["string"] else f'"{found[0]}"', text
    )


def object_text(members: Mapping[str, str]) -> str:
    """A JSON object of values as they were sent, but in JSON that every reader takes."""
    texts = (
        f"{msgspec.json.encode(name).decode()}:{quote_non_numbers(escape_lone_surrogates(text))}"
        for name, text in members.items()
    )
    return f"{{{','.join(texts)}}}"


def _children(text: str) -> Iterator[tuple[str, str]]:
    """Names (as sent; empty in an array) and values one level down; checks all levels."""
    ends: list[str] = []
    name, start, position, expected = "", 0, 0, "a value"
    while expected != "nothing":
        token = _TOKEN.match(text, position)
        symbol = token and (token["mark"] or token.lastgroup)
        if token is None or symbol not in _ALLOWED[expected]:
            raise ValueError(f"expected {expected} after character {position}")
        position = token.end()
        if symbol == ":":
            expected = "a value"
        elif symbol == ",":
            expected = "a name" if ends[-1] == "}" else "a value"
        elif symbol == "string" and expected in {"a name", "a name or }"}:
            if len(ends) == 1:
                name = token["string"]
            expected = "a colon"
        elif symbol in {"{", "["}:
            if len(ends) == 1:
                start = position - 1
            ends.append("}" if symbol == "{" else "]")
            expected = "a name or }" if symbol == "{" else "a value or ]"
        else:
            if symbol in {"string", "scalar"}:
                if len(ends) == 1:
                    start = token.start(symbol)
            elif ends.pop() != symbol:
                raise ValueError(f"{symbol} at character {position} closes nothing")
            if len(ends) == 1:
                yield name, text[start:position]
            expected = "a comma or an end" if ends else "nothing"
    if not _REST.match(text, position):
        raise ValueError(f"expected nothing more after character {position}")
