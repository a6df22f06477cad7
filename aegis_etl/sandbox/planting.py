"""Reasons for which quality moves: what is planted, and how the world remembers it."""

from typing import Literal, NamedTuple, get_args

from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.editing import EditableAccount
from aegis_etl.sandbox.judging import DEFAULT_THRESHOLD, JUDGES

Cause = Literal["answer changed", "judge changed", "scoring model changed", "threshold changed"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
_FEWEST_RECORDS = 10  # below this nobody could tell a change from noise


class Planted(NamedTuple):
    """Why the scores or verdicts of a run differ from those of the run before it."""

    night: int  # the first night that can see it, counted from 1
    dataset_id: int
    run_id: int
    cause: Cause


def is_plantable(account: EditableAccount, dataset_id: int) -> bool:
    """Whether a change would show: judged metrics, records enough, a finished run before."""
    shown = account.shown_run_id(dataset_id)
    judged = any(metric.kind == "judge" for metric in account.panel(dataset_id).metrics)
    return (
        shown is not None
        and judged
        and len(account.record_ids(dataset_id)) >= _FEWEST_RECORDS
        and account.is_finished(dataset_id, shown)
    )


def plant(account: EditableAccount, dataset_id: int, cause: Cause, dice: Dice) -> None:
    """Changes a dataset so that its next run comes out differently for this cause alone.

    *answer changed*: the system under test answers nearly half of the records worse (or better,
    where most were bad). *judge changed*: the same model scores some ten points harder (or as
    before again). *scoring model changed*: another model scores. *threshold changed*: judged
    metrics must reach more.
    """
    panel = account.panel(dataset_id)
    match cause:
        case "answer changed":
            levels = account.answer_levels(dataset_id)
            good = [record_id for record_id, level in levels.items() if level == "good"]
            fell = len(good) >= len(levels) / 2
            others = [record_id for record_id in levels if record_id not in good]
            for record_id in dice.sample(good if fell else others, -(-len(levels) * 4 // 10)):
                account.answer_anew(dataset_id, record_id, "poor" if fell else "good")
        case "judge changed":
            bias = 0.0 if panel.bias else -float(dice.between(9, 13))
            account.set_judge(dataset_id, bias=bias)
        case "scoring model changed":
            slugs = [other.slug for other in JUDGES if other.slug != panel.judge.slug]
            bias = 0.0 if panel.bias else -float(dice.between(6, 9))
            account.set_judge(dataset_id, slug=dice.pick(slugs), bias=bias)
        case "threshold changed":
            raised = {
                metric.id: min(95, panel.thresholds.get(metric.id, DEFAULT_THRESHOLD) + 8)
                for metric in panel.metrics
                if metric.kind == "judge"
            }
            account.set_thresholds(dataset_id, raised)
