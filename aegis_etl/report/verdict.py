"""The sentence that the report opens with."""

from dataclasses import dataclass
from typing import Literal

from aegis_etl.report.questions import Row
from aegis_etl.report.wording import say_many

Tone = Literal["bad", "warn", "good", "calm"]


@dataclass(frozen=True)
class Clause:
    """A part of the verdict and how it is meant."""

    text: str
    tone: Tone


def say_verdict(night: Row, comparisons: Row, runs_missed: int) -> list[Clause]:
    """The verdict on a night, what is worst first.

    Args:
        night: the answer of ``night.sql``.
        comparisons: the answer of ``comparison_counts.sql``.
        runs_missed: runs that turned out tonight to be missed.
    """
    worse, better = comparisons["worse"], comparisons["better"]
    failed = night["datasets_failed"]
    clauses = [Clause(f"{say_many(worse, 'metric')} got worse", "bad")]
    if not worse:
        clauses = [_say_calm(night, comparisons)]
    if failed:
        clauses.append(Clause(f"{say_many(failed, 'dataset')} not fetched", "warn"))
    if runs_missed:
        clauses.append(Clause(f"{say_many(runs_missed, 'run')} missed", "warn"))
    if better:
        clauses.append(Clause(f"{say_many(better, 'metric')} got better", "good"))
    return clauses


def _say_calm(night: Row, comparisons: Row) -> Clause:
    if not night["datasets"]:
        return Clause("The account holds no datasets", "calm")
    if night["since"] is None:
        return Clause(f"A first night: {say_many(night['datasets'], 'dataset')} synced", "calm")
    if not comparisons["comparisons"]:
        return Clause("No new run to compare", "calm")
    return Clause("Nothing got worse", "good")
