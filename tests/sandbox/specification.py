"""Holds served objects against the shapes that the specification draws."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

SPECIFICATION = json.loads((Path(__file__).parent / "specification.json").read_text())


def differences(value: Any, shape: str, where: str = "") -> list[str]:
    """What of a value is not as the specification draws the named shape."""
    fields = SPECIFICATION[shape]
    newer = SPECIFICATION["newer"].get(shape, {})
    absent = SPECIFICATION["may_be_absent"].get(shape, [])
    found = [
        f"{where}{name} missing" for name in fields if name not in value and name not in absent
    ]
    for name, item in value.items():
        if name not in fields | newer:
            found.append(f"{where}{name} unknown")
        elif not any(_fits(item, kind) for kind in (fields | newer)[name].split(" | ")):
            found.append(f"{where}{name}: {item!r} is no {(fields | newer)[name]}")
    return found


def _fits(item: Any, kind: str) -> bool:
    match kind:
        case "null":
            return item is None
        case "boolean":
            return isinstance(item, bool)
        case "integer":
            return isinstance(item, int) and not isinstance(item, bool)
        case "number":
            return isinstance(item, int | float) and not isinstance(item, bool)
        case "string":
            return isinstance(item, str)
        case "object":
            return isinstance(item, dict)
        case "array":
            return isinstance(item, list)
        case "date":
            return isinstance(item, str) and bool(datetime.fromisoformat(item))
        case _:
            return isinstance(item, dict) and not differences(item, kind)
