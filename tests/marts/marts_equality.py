"""Whether two marts have the same rows."""

import math
from datetime import datetime
from typing import Any

import pandas as pd

HASHES = ("question_hash", "output_hash")
KEYS = ("day", "entity", "change", "user_email", "model_slug")


def assert_same_rows(mart: str, found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Holds that two frames have the same rows.

    Floats may differ in the tenth digit; hashes must tell apart what the expected ones tell apart.
    """
    hashes: dict[Any, Any] = {}
    found, expected = _sort_rows(found), _sort_rows(expected)
    assert len(found) == len(expected), mart
    for name in found.columns:
        for a, b in zip(found[name], expected[name], strict=True):
            if name in HASHES:
                assert (a is None) == (b is None), (mart, name)
                assert a is None or hashes.setdefault((name, b), a) == a, (mart, name)
            else:
                assert _is_same(a, b), (mart, name, a, b)
    assert len(set(hashes.values())) == len(hashes), mart


def _is_same(a: Any, b: Any) -> bool:
    if _is_missing(a) or _is_missing(b):
        return _is_missing(a) and _is_missing(b)
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _sort_rows(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in frame.columns if name.endswith("_id") or name in KEYS]
    rows = list(zip(*(frame[key] for key in keys), strict=True))
    order = sorted(range(len(frame)), key=lambda i: [_rank(value) for value in rows[i]])
    return frame.iloc[order].reset_index(drop=True)


def _rank(value: Any) -> tuple[bool, str]:
    if _is_missing(value):
        return (False, "")
    return (True, value.isoformat() if isinstance(value, datetime) else str(value))
