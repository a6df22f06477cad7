"""Builds the API's objects again from rows of the lake, as a reader of the contract would.

Written from the contract alone; shares no code with the flattening.
"""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

NESTED = {
    "datasets": {"user": ("id", "email"), "dataset_type": ("id", "name", "label", "description")},
    "records": {},
    "runs": {
        "user": ("id", "email"),
        "run_type": ("id", "name", "label", "description"),
        "run_source": ("id", "name", "label", "description"),
    },
    "evaluations": {},
}
SHARED_IDS = {"dataset_type_id", "run_type_id", "run_source_id"}
JSON_COLUMNS = {
    "selected_metrics",
    "column_mappings",
    "dataset",
    "aggregate_results",
    "eval_metadata",
}
STRUCTURED = {"input", "context", "output", "golden_answer"}
DOUBLES = {"result", "threshold"}


class Number(Decimal):
    """A JSON number by value, which is no boolean."""

    __slots__ = ()


def parse(text: str | bytes) -> Any:
    """JSON with every number exact."""
    return json.loads(text, parse_int=Number, parse_float=Number)


def rebuild(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The API's object of one row; values of columns keep their Python types."""
    api: dict[str, Any] = {}
    left = dict(row)
    extra = parse(left.pop("_extra") or "{}")
    left.pop("is_shared", None)
    for name, fields in NESTED[table].items():
        inner = {field: left[f"{name}_{field}"] for field in fields}
        for field in fields:
            if f"{name}_{field}" not in SHARED_IDS:
                del left[f"{name}_{field}"]
        telling = {f: v for f, v in inner.items() if f"{name}_{f}" not in SHARED_IDS}
        if any(value is not None for value in telling.values()) or isinstance(
            extra.get(name), dict
        ):
            api[name] = {**inner, **extra.pop(name, {})}
    for name, value in left.items():
        if name.endswith("_type") and name.removesuffix("_type") in STRUCTURED:
            continue
        is_text = name in STRUCTURED and row[f"{name}_type"] in {None, "string"}
        if value is not None and name in JSON_COLUMNS | STRUCTURED and not is_text:
            api[name] = parse(value)
        else:
            api[name] = value
    return {**api, **extra}


def differences(
    table: str, sent: dict[str, Any], got: dict[str, Any], parent: int | None = None
) -> list[str]:
    """Fields in which a rebuilt object is not equal, in the contract's sense, to what was sent."""
    if parent is not None:
        filled = {**sent, "dataset_id": parent}
        sent = filled if sent.get("dataset_id") is None else sent
    names = sent.keys() | got.keys()
    return sorted(
        f"{name}: sent {sent.get(name)!r}, got {got.get(name)!r}"
        for name in names
        if not _equal(table, name, sent.get(name), got.get(name))
    )


def _equal(table: str, name: str, sent: Any, got: Any) -> bool:
    if name in NESTED[table] and isinstance(sent, dict) and isinstance(got, dict):
        sent = _six_characters(sent)
        return all(_same(sent.get(inner), got.get(inner)) for inner in sent.keys() | got.keys())
    if isinstance(got, datetime):
        return isinstance(sent, str) and instant(sent) == got
    if name == "evaluation_cost" and type(got) is Decimal:
        return not isinstance(sent, bool) and Decimal(sent) == got
    if name in DOUBLES and type(got) is float:
        return isinstance(sent, Number) and float(sent) == got
    if name in STRUCTURED and not isinstance(sent, str) and got is not None:
        return _same(sent, got)
    return _same(_six_characters(sent), got)


def _same(sent: Any, got: Any) -> bool:
    """JSON equality: numbers by value, true is no 1."""
    if isinstance(sent, bool) or isinstance(got, bool):
        return sent is got
    if isinstance(sent, dict):
        return (
            isinstance(got, dict)
            and sent.keys() == got.keys()
            and all(_same(sent[name], got[name]) for name in sent)
        )
    if isinstance(sent, list):
        return isinstance(got, list) and len(sent) == len(got) and all(map(_same, sent, got))
    return bool(sent == got)


def _six_characters(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", lambda lone: f"\\u{ord(lone[0]):04x}", value)
    if isinstance(value, dict):
        return {_six_characters(name): _six_characters(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_six_characters(inner) for inner in value]
    return value


def instant(text: str) -> datetime:
    """The instant that a time of the API means."""
    if fraction := re.search(r"\.(\d+)", text):
        digits = fraction[1].rstrip("0")
        if len(digits) > 6:
            raise ValueError(f"{text} is below a microsecond")
        text = text.replace(fraction[0], f".{digits:0<6}")
    time = datetime.fromisoformat(text.upper())
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
