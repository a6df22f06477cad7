"""What the bodies of an account hold, as rows of the contract's tables, from the JSON alone."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aegis_etl.sandbox import World

STRUCTURED = ("input", "context", "output", "golden_answer")
JSON_COLUMNS = ("selected_metrics", "column_mappings", "aggregate_results", "eval_metadata")
TIMES = ("created_at", "updated_at", "started_at", "finished_at")
NESTED = ("user", "dataset_type", "run_type", "run_source")

Row = dict[str, Any]


def served_tables(world: World, dataset_ids: Iterable[int]) -> dict[str, list[Row]]:
    """The rows that a sync of these datasets must bring, by table."""
    tables: dict[str, list[Row]] = {"datasets": [], "records": [], "runs": [], "evaluations": []}
    for dataset_id in dataset_ids:
        body = world.body(dataset_id)
        assert body is not None
        own = json.loads(body, parse_float=Decimal)
        for name in ("records", "runs", "evaluations"):
            tables[name] += [_row({**child, "dataset_id": own["id"]}) for child in own.pop(name)]
        tables["datasets"].append(_row(own))
    return tables


def _row(sent: Row) -> Row:
    row: Row = {}
    for field, value in sent.items():
        if field in NESTED:
            row |= {f"{field}_{inner}": part for inner, part in (value or {}).items()}
        elif field in TIMES:
            row[field] = value and _instant(value)
        elif field in STRUCTURED:
            kinds = {str: "string", dict: "object", list: "array", type(None): None}
            row[f"{field}_type"] = kinds[type(value)]
            row[field] = _floats(value)
        elif field == "evaluation_cost":
            row[field] = None if value is None else Decimal(value)
        else:
            row[field] = _floats(value)
    return row


def comparable(row: Row) -> Row:
    """A row of the warehouse in the form of those above: JSON read, absent for null."""
    read = dict(row)
    for name in (*JSON_COLUMNS, "dataset"):
        if isinstance(read.get(name), str):
            read[name] = json.loads(read[name])
    for name in STRUCTURED:
        if read.get(f"{name}_type") in {"object", "array"}:
            read[name] = json.loads(read[name])
    return {name: value for name, value in read.items() if value is not None}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _floats(value: Any) -> Any:
    """Numbers as a reader of JSON has them."""
    return json.loads(json.dumps(value, default=float))
