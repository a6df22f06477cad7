"""What the page of questions says besides the questions: order, examples, how to read an answer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

INTRODUCTION = """\
# Questions

The questions of `sql/examples/`, each with its answer on the demo as it ran on {night}; on
another day the demo makes other numbers of the same kind. Ask them of your own data:

```sh
aegis-etl sql --example list                                # names, questions, parameters
aegis-etl sql --example worse_last_night --param hours=48
aegis-etl sql --example broken_answers --csv > broken.csv   # all rows; --json likewise
```

A parameter that is not given takes its default; `null` lets the question choose. Each question is
a file of plain SQL on the [marts](marts.md) and [tables](tables.md), to be copied and changed.

Pass rates are shares from 0 to 1, scores and thresholds run from 0 to 100, times are UTC, an empty
cell is unknown. A metric's name that ends in `?` is suggested by the scores, until
`metric_names.csv` confirms it (`aegis-etl metrics --write`). Long texts are cut in the middle here.
Some datasets of the demo have hostile names on purpose.

"""


class Shown(NamedTuple):
    """How the page shows a question: with which values, and what helps to read the answer."""

    note: str = ""
    given: Mapping[str, str] = MappingProxyType({})


_WORST_RUN = "3238"

SECTIONS: Mapping[str, Mapping[str, Shown]] = {
    "Last night": {
        "worse_last_night": Shown(
            "`q_value`: the share of false alarms to expect among all results at least this sure;"
            " 0.0 is less than 0.00005."
        ),
        "run_against_previous": Shown(
            "`change_low` to `change_high` is the 95 % interval of the mean change. `verdict` is"
            " worse or better where `q_value` is below 0.05.",
            {"candidate": _WORST_RUN},
        ),
        "broken_answers": Shown(given={"run": _WORST_RUN}),
        "flip_causes": Shown(
            "`content unchanged`: question, answer, reference, threshold and scoring model are the"
            " same; only the judge decided otherwise."
        ),
        "pass_rate_by_run": Shown(),
    },
    "Over time": {
        "weekly_pass_rate": Shown(
            "Weeks before the first sync are thin: of the runs of that time, the API still served"
            " only each dataset's newest."
        ),
        "hard_and_flaky_records": Shown(given={"rows": "3"}),
        "other_thresholds": Shown("`pass_rate_now` is at the thresholds in force."),
    },
    "How sure": {
        "records_needed": Shown(
            "`detectable_change` is what the records compared can show. To see half of it takes"
            " four times the records."
        ),
        "paired_bootstrap": Shown(
            "The same run as in [`run_against_previous`](#run_against_previous), whose interval"
            " assumes a t distribution.",
            {"candidate": _WORST_RUN},
        ),
        "judge_agreement": Shown(
            "A judge that passes everything agrees often and still has a kappa of 0: chance alone"
            " would agree as often."
        ),
    },
    "Cost": {
        "spending_by_month": Shown(
            "A row without `user_email` is of an organization. `(no model)`: metrics that need"
            " none; what they cost is unknown, not zero."
        ),
        "costly_metrics": Shown(
            "`cost_per_bit`: what one bit of verdict costs. The dearest come first, those of"
            " unknown cost last."
        ),
    },
    "What was caught, what was missed": {
        "forgotten_evaluations": Shown("Without this copy, `forgotten_by_the_api` would be lost."),
        "missed_runs": Shown("`partly captured`: fetched only while it ran."),
        "polling_intervals": Shown(
            "`requests_a_day` is one request a look and dataset. The `watch` schedule asks often"
            " only where runs come in."
        ),
    },
    "What it said then": {
        "question_when_scored": Shown(given={"record": "11609"}),
        "edited_answers": Shown(),
    },
}
"""Every question of ``sql/examples/``, by section, in the order of the page."""
