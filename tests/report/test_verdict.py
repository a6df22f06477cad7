"""The sentence that the report opens with."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aegis_etl.report.verdict import say_verdict

BEFORE = datetime(2026, 12, 1, 2, tzinfo=UTC)


def say(night: dict[str, Any], counts: dict[str, Any], missed: int = 0) -> str:
    """The verdict of a night that is quiet but for what is given."""
    quiet_night = {"datasets": 40, "datasets_failed": 0, "since": BEFORE}
    quiet_counts = {"worse": 0, "better": 0, "comparisons": 90}
    clauses = say_verdict(quiet_night | night, quiet_counts | counts, missed)
    return ", ".join(clause.text for clause in clauses)


@pytest.mark.parametrize(
    ("night", "counts", "missed", "expected"),
    [
        ({"datasets_failed": 1}, {"worse": 2}, 0, "2 metrics got worse, 1 dataset not fetched"),
        (
            {},
            {"worse": 1, "better": 3},
            2,
            "1 metric got worse, 2 runs missed, 3 metrics got better",
        ),
        ({}, {"better": 1}, 0, "Nothing got worse, 1 metric got better"),
        ({"datasets_failed": 2}, {}, 0, "Nothing got worse, 2 datasets not fetched"),
        ({}, {"comparisons": 0}, 0, "No new run to compare"),
        ({"since": None}, {"comparisons": 0}, 0, "A first night: 40 datasets synced"),
        ({"datasets": 0}, {"comparisons": 0}, 0, "The account holds no datasets"),
    ],
)
def test_verdict(night: dict[str, Any], counts: dict[str, Any], missed: int, expected: str) -> None:
    """What is worst comes first; a quiet night says so, and why."""
    assert say(night, counts, missed) == expected
