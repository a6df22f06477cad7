"""What changed between two texts, word by word."""

import os
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

LONGEST_CHANGE = 1200
"""Characters of a changed stretch that are compared; what follows is left out."""

CONTEXT = 160
"""Characters of unchanged text that are shown on each side of a change."""

_FEWEST_WORDS_ALIKE = 2  # fewer of them between two changes are read as changed too
_LEAST_ALIKE = 0.3  # below this share of words two texts are different texts

Kind = Literal["same", "changed", "left out"]
_Stretch = tuple[Kind, str, str]  # of both texts


@dataclass(frozen=True)
class Passage:
    """A stretch of a text: the same in the other text, changed, or left out (then without text)."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Difference:
    """Two texts as passages; either is None where there is no text."""

    before: list[Passage] | None
    after: list[Passage] | None
    is_changed: bool


def compare_texts(before: str | None, after: str | None) -> Difference:
    """Both texts with what differs marked, and long unchanged or endless stretches left out."""
    if before is None or after is None or before == after:
        changed = before != after
        return Difference(_show_alone(before, changed), _show_alone(after, changed), changed)
    head = _common_head(before, after)
    tail = _common_head(before[head:][::-1], after[head:][::-1])
    stretches: list[_Stretch] = [
        ("same", before[:head], after[:head]),
        *_compare_words(before[head : len(before) - tail], after[head : len(after) - tail]),
        ("same", before[len(before) - tail :], after[len(after) - tail :]),
    ]
    sides = ([Passage(kind, texts[side]) for kind, *texts in stretches] for side in (0, 1))
    shown_before, shown_after = (_leave_out(_join_alike(side)) for side in sides)
    return Difference(shown_before, shown_after, is_changed=True)


def _show_alone(text: str | None, changed: bool) -> list[Passage] | None:
    if text is None:
        return None
    shown = text[:LONGEST_CHANGE]
    rest = [Passage("left out", "")] if len(text) > LONGEST_CHANGE else []
    return [Passage("changed" if changed else "same", shown), *rest]


def _common_head(before: str, after: str) -> int:
    """How many characters both begin with, without the beginning of a word that differs."""
    length = len(os.path.commonprefix([before, after]))  # noqa: RUF071  by character, as is wanted
    if any(text[length : length + 1].isalnum() for text in (before, after)):
        while length and before[length - 1].isalnum():
            length -= 1
    return length


def _compare_words(before: str, after: str) -> list[_Stretch]:
    cut = before[:LONGEST_CHANGE], after[:LONGEST_CHANGE]
    # A word takes the blanks behind it along: as words of their own they would be most of all.
    words = [re.findall(r"\w+\s*|\s+|.\s*", text) for text in cut]
    matcher = SequenceMatcher(None, words[0], words[1], autojunk=False)
    stretches: list[_Stretch] = []
    for tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        texts = "".join(words[0][begin:end]), "".join(words[1][other_begin:other_end])
        alike = tag == "equal" and len(re.findall(r"\w+", texts[0])) >= _FEWEST_WORDS_ALIKE
        stretches.append(("same" if alike else "changed", *texts))
    length_alike = sum(len(text) for kind, text, _ in stretches if kind == "same")
    if length_alike < _LEAST_ALIKE * max(map(len, cut)):
        stretches = [("changed", *cut)]
    if cut != (before, after):
        stretches.append(("left out", "", ""))
    return stretches


def _join_alike(passages: list[Passage]) -> list[Passage]:
    return [
        Passage(kind, "".join(passage.text for passage in group))
        for kind, group in groupby(passages, key=lambda passage: passage.kind)
    ]


def _leave_out(passages: list[Passage]) -> list[Passage]:
    """Without the unchanged text that is far from any change."""
    shown = []
    for place, passage in enumerate(passages):
        left = CONTEXT if place > 0 else 0
        right = CONTEXT if place + 1 < len(passages) else 0
        if passage.kind == "changed" or len(passage.text) <= left + right:
            shown.append(passage)
            continue
        shown.append(Passage("same", passage.text[:left]))
        shown.append(Passage("left out", ""))
        shown.append(Passage("same", passage.text[len(passage.text) - right :]))
    return [passage for passage in shown if passage.text or passage.kind == "left out"]
