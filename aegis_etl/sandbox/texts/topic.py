"""What a dataset is about: its cases, and the words that fill them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

# How a case is laid out in a record's fields.
Layout = Literal["plain", "passages", "passage", "document", "chat", "form", "fields", "labels"]

_STEMS = (
    "support_qa",
    "kb_rag",
    "contract_review",
    "invoice_extract",
    "code_help",
    "ticket_triage",
    "hr_policy",
    "travel_chat",
    "news_summary",
    "product_copy",
)


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is asked, with the answers a system might give and what a judge says of them.

    Every text may hold `%(slot)s` places. Where the layout is `fields` or `labels`, the answers are
    JSON text.
    """

    prompt: str
    source: str  # the passage, document, history or form that the answer rests on
    golden: str
    good: str
    vague: str
    poor: str
    gist: str  # what the reference says, as a noun phrase
    gap: str  # what a judge misses in the vague answer, after "the answer"
    slip: str  # what is wrong with the poor answer, after "the answer"


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of dataset: one TOML file of this folder."""

    stem: str  # of its file name
    layout: Layout
    metrics: tuple[str, ...]  # the shortnames that its owner would choose first
    slots: Mapping[str, tuple[str, ...]]
    cases: tuple[Case, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Every topic, in the order in which datasets take turns."""
    folder = files(__package__)
    return tuple(
        msgspec.toml.decode((folder / f"{stem}.toml").read_bytes(), type=Topic) for stem in _STEMS
    )
