"""The dictionary of the marts and their macros, as Markdown: what ``docs/marts.md`` holds.

``python -m aegis_etl.warehouse.mart_dictionary`` prints it.
"""

import re
from collections.abc import Iterator

from aegis_etl.statements import describe_statement
from aegis_etl.tables.markdown import escape_text, tabulate
from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.mart_relations import order_macros, order_marts

INTRODUCTION = """\
# Marts

The answers to usual questions, as tables: made with each sync from what the warehouse remembers,
published with it, and written as `marts/<mart>.parquet` (all but `evaluation_outcomes`, which
`aegis-etl export` writes). [Questions](questions.md) shows what can be asked of them.

"""

RULES = """\
## What holds in all of them

| | |
|---|---|
| cell | run × record × metric. Its newest evaluation counts; older ones are counted in `rescored`, and still cost money |
| errors | are never a score of 0. There are always two rates: `pass_rate` = pass / (pass + fail), `pass_rate_strict` = pass / (pass + fail + error) |
| deleted runs, records, datasets | are in capture and cost, which count everything ever received; scores, comparisons and flips are of what exists |
| runs that the API forgot | are always included. Unfinished and partly captured ones are in scores and cost, never in comparisons, flips or stability |
| windows | end at the newest sync's start, not now: made again, marts are equal |
| pairs | a comparison pairs the same record and metric in two runs of a dataset; pairs whose question or reference changed are left out and counted |
| content when scored | is the record's version in force when the evaluation started. What was never seen stays unknown |
| cost | is as the API sends it, exact. No currency is documented, so none is shown; null is unknown, not zero |
| `model_slug` | is the model that scored, not the model under test |
| a name that ends in ` ?` | is suggested by the scores; `aegis-etl metrics --write` makes the file in which to confirm it |
"""  # noqa: E501  a row of a Markdown table is a line

MACROS = """\
## Macros

What the marts are made with, to be used beside them. `from marts.compare_runs(…)` reads like a
table, the others are functions. They are for direct connections: where the file is attached under
an alias, `use` it first.

"""

_SIGNATURE = re.compile(r"create or replace macro marts\.(\w+)\(([^)]*)\) as")


def describe_marts() -> str:
    """The dictionary: rules, every mart with its columns (``sql/marts/``), and the macros."""
    descriptions = {mart.name: mart.description for mart in order_marts()}
    contents = tabulate(
        ["mart", "holds"],
        ([f"[`{mart}`](#marts{mart})", descriptions[mart]] for mart in read_mart_columns()),
    )
    return "\n".join(
        [INTRODUCTION + contents, RULES, *_describe_each(descriptions), _describe_macros()]
    )


def _describe_each(descriptions: dict[str, str]) -> Iterator[str]:
    for mart, columns in read_mart_columns().items():
        table = tabulate(
            ["column", "type", "meaning"],
            ([f"`{c.name}`", c.type, escape_text(c.definition)] for c in columns),
        )
        yield f"## marts.{mart}\n\n{descriptions[mart]}\n\n{table}"


def _describe_macros() -> str:
    rows = []
    for statement in order_macros().values():
        name, parameters = _SIGNATURE.findall(statement)[0]
        call = f"`marts.{name}({' '.join(parameters.split())})`"
        rows.append([call, escape_text(describe_statement(statement))])
    return MACROS + tabulate(["macro", "is"], sorted(rows))


if __name__ == "__main__":
    print(describe_marts(), end="")
