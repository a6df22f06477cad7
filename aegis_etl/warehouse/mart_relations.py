"""The SQL files that make the marts, in an order in which each finds what it reads.

``sql/marts/<mart>.sql`` is a select; ``sql/marts/inputs/`` holds what several of them read, as
temporary relations; ``sql/marts/summaries/`` what is kept of a mart by dataset, so that another
need not read all of it; ``sql/macros/`` the statistics. Nothing lists them: what a file reads is
found in its text. Inputs named ``kept_…`` read the marts as they were, so they bind no order.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter

from aegis_etl.statements import describe_statement, list_statements, read_statement

_REFRESH = "refresh: "


@dataclass(frozen=True)
class Mart:
    """One mart: the select that makes it, and whether it is made for single datasets.

    Attributes:
        by_dataset: the select yields the rows of the datasets in ``refreshed`` and no others.
        nightly: it follows the newest sync's start, whatever that sync brought.
        summary: the statements that keep its summary, run after each batch; empty if it has none.
    """

    name: str
    description: str
    select: str
    by_dataset: bool
    nightly: bool
    summary: str


@cache
def order_macros() -> Mapping[str, str]:
    """The statements that create the macros of ``marts``, by name, each after those it calls."""
    bodies = {name.rpartition("/")[2]: read_statement(name) for name in list_statements("macros")}
    return {name: bodies[name] for name in _order(bodies, bodies)}


@cache
def order_inputs(*, every_dataset: bool) -> tuple[str, ...]:
    """The statements that create the inputs of the marts, each after those that it reads.

    Args:
        every_dataset: choose all datasets to be refreshed, not those bound as ``$dataset_ids``.
    """
    unused = "chosen_some" if every_dataset else "chosen_all"
    names = [n for n in list_statements("marts/inputs") if not n.endswith(unused)]
    bodies = {_created_relation(read_statement(name)): read_statement(name) for name in names}
    return tuple(bodies[name] for name in _order(bodies, bodies))


@cache
def order_marts() -> tuple[Mart, ...]:
    """The marts, each after those that it or its inputs read."""
    marts = {name.rpartition("/")[2]: read_statement(name) for name in list_statements("marts")}
    inputs = {
        name.rpartition("/")[2]: read_statement(name) for name in list_statements("marts/inputs")
    }
    bodies = {name: _with_inputs(body, inputs) for name, body in marts.items()}
    return tuple(_describe(name, marts[name]) for name in _order(bodies, marts))


def _describe(name: str, text: str) -> Mart:
    description, _, refresh = describe_statement(text).partition(_REFRESH)
    summary = f"marts/summaries/{name}"
    return Mart(
        name,
        description.strip(),
        text,
        by_dataset=refresh == "by dataset",
        nightly=refresh == "nightly",
        summary=read_statement(summary) if summary in list_statements("marts/summaries") else "",
    )


def _with_inputs(body: str, inputs: Mapping[str, str]) -> str:
    """A mart's text followed by that of the inputs that it reads, theirs included."""
    found: dict[str, str] = {}
    texts = [body]
    while texts:
        text = texts.pop()
        for name in _mentioned(text, inputs):
            if name not in found and not name.startswith("kept_"):
                found[name] = inputs[name]
                texts.append(inputs[name])
    return "\n".join([body, *found.values()])


def _order(bodies: Mapping[str, str], names: Iterable[str]) -> list[str]:
    known = set(names)
    graph = {name: sorted(_mentioned(body, known) - {name}) for name, body in bodies.items()}
    return list(TopologicalSorter(graph).static_order())


def _mentioned(text: str, names: Iterable[str]) -> set[str]:
    code = re.sub(r"--.*", "", text)
    return set(names).intersection(re.findall(r"\w+", code))


def _created_relation(text: str) -> str:
    found = re.search(r"create or replace temp (?:view|table) (\w+) as", text)
    if found is None:
        raise ValueError(f"no temporary relation is created by: {text}")
    return found[1]
