"""``docs/reliability.md`` names tests that exist."""

import ast
import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_each_promise_names_a_test_that_exists() -> None:
    """Every row of the page's tables of promises names tests, and each of them is there."""
    promises = [line for line in PAGE.splitlines() if line.startswith("| ") and "::" in line]
    headed = PAGE.count("| promise | held by |")
    assert headed >= 7
    assert len(promises) >= 40
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE):
        module = ast.parse((CHECKOUT / path).read_text(encoding="utf-8"))
        functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{path}::{name}"


def test_no_promise_is_without_a_test() -> None:
    """Each row below a heading ``promise`` has its test in its last column."""
    for table in re.findall(r"\| promise \| held by \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE):
        for row in table.splitlines():
            assert re.search(r"\| `tests/.*` \|$", row), row
