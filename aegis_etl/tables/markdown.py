"""Markdown of the pages that are generated: tables, and text from outside that shows as it is."""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"[\\`*\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_])|:(?=//)")


def escape_text(text: str) -> str:
    """Any text as inline Markdown that shows it on one line, and nothing else."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def tabulate(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()
) -> str:
    """A table; its cells are Markdown already.

    Args:
        right: the columns to be aligned to the right.
    """
    rule = ["---:" if column in right else "---" for column in columns]
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(rule)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"
