"""The questions of sql/examples: asked in plain English, answered on what the marts hold."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from marts_account import Account
from marts_known import average, read_frame
from marts_syncs import open_warehouse, sync_account

from aegis_etl.errors import SettingsError
from aegis_etl.warehouse.mart_questions import list_questions, read_question
from aegis_etl.warehouse.marts import build_marts

ASKED = (
    "worse_last_night",
    "run_against_previous",
    "broken_answers",
    "flip_causes",
    "weekly_pass_rate",
    "hard_and_flaky_records",
    "spending_by_month",
    "costly_metrics",
    "missed_runs",
    "polling_intervals",
    "judge_agreement",
    "other_thresholds",
    "records_needed",
    "question_when_scored",
    "paired_bootstrap",
)


@pytest.fixture(scope="module")
def lived() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of an account that lived through nights, the last of which made it worse."""
    with open_warehouse() as connection:
        account = Account(7)
        for _ in range(12):
            account.live_day()
            sync_account(connection, account)
        for judge_shift in (0.0, -25.0):
            account.night += 1
            account.judge_shift = judge_shift
            for dataset_id in account.datasets:
                account.add_run(dataset_id)
                account.finish_runs(dataset_id)
            sync_account(connection, account)
        build_marts(connection)
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, name: str, **given: str) -> list[dict[str, Any]]:
    """The rows that answer a question."""
    question = read_question(name)
    answer = connection.execute(question.sql, question.bind(given))
    columns = [column[0] for column in answer.description]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def test_the_fifteen_questions_are_there() -> None:
    """Each of the fifteen has its file, opens with a question, and explains its parameters."""
    assert set(ASKED) <= set(list_questions())
    for name in list_questions():
        question = read_question(name)
        assert "?" in question.description, name
        assert "--" not in question.description, name
        for parameter in question.parameters:
            assert parameter.type in {"integer", "number", "text"}
            assert parameter.meaning
            assert f"${parameter.name}" in question.sql


@pytest.mark.parametrize("name", list_questions())
def test_answers_on_nothing_and_on_something(
    empty_marts: duckdb.DuckDBPyConnection, lived: duckdb.DuckDBPyConnection, name: str
) -> None:
    """A question fails on no account: it answers on an empty one, and with rows on a lived one."""
    ask(empty_marts, name)
    assert ask(lived, name)


def test_parameters_are_bound(lived: duckdb.DuckDBPyConnection) -> None:
    """Values come by name; a wrong name or value is one clear line."""
    unsteady = [row["label"] for row in ask(lived, "hard_and_flaky_records", rows="2")]
    assert unsteady == ["always fails"] * 2 + ["flaky"] * 2
    assert ask(lived, "broken_answers", run="-1") == []
    hostile = read_question("hard_and_flaky_records")
    with pytest.raises(SettingsError, match=r"rows: '1; drop table x' is no integer"):
        hostile.bind({"rows": "1; drop table x"})
    with pytest.raises(SettingsError, match="limit is no parameter of hard_and_flaky_records"):
        hostile.bind({"limit": "1"})
    with pytest.raises(SettingsError, match="there is no question 'nope'"):
        read_question("nope")
    assert read_question("records_needed").bind({"points": "1.5"}) == {"points": 1.5}
    assert read_question("broken_answers").bind({"run": "null"})["run"] is None


def test_broken_answers_show_both_texts(lived: duckdb.DuckDBPyConnection) -> None:
    """A regression whose answer changed shows two answers that differ; any other, equal ones."""
    rows = ask(lived, "broken_answers", rows="1000")
    known = [r for r in rows if r["answer_before"] is not None and r["answer_after"] is not None]
    assert known
    for row in known:
        if row["likely_cause"] == "content unchanged":
            assert row["answer_before"] == row["answer_after"]
        if row["likely_cause"] == "answer changed":
            assert row["answer_before"] != row["answer_after"]
    assert all(row["score_before"] > row["score_after"] for row in rows)


def test_other_thresholds(lived: duckdb.DuckDBPyConnection) -> None:
    """The pass rate at another threshold is the share of scores that reach it."""
    cards = read_frame(lived, "marts.run_scorecard")
    newest = {
        (r.dataset_id, r.run_id)
        for r in cards.itertuples()
        if r.captured_recency is not None and r.captured_recency == 1
    }
    scores: dict[str, list[float]] = {}
    for row in read_frame(lived, "marts.evaluation_outcomes").itertuples():
        if (row.dataset_id, row.run_id) in newest and row.score is not None:
            scores.setdefault(row.metric_name, []).append(row.score)
    for row in ask(lived, "other_thresholds"):
        of_metric = scores[row["metric_name"]]
        assert row["scored"] == len(of_metric)
        for threshold in (50, 80, 95):
            reached = average(float(score >= threshold) for score in of_metric)
            assert row[f"at_{threshold}"] == pytest.approx(reached, abs=5.1e-4)


def test_pass_rate_now(lived: duckdb.DuckDBPyConnection) -> None:
    """The pass rate in force is that of the runs: what no threshold judged is left out."""
    scores = read_frame(lived, "marts.run_metric_scores")
    cards = read_frame(lived, "marts.run_scorecard")
    newest = cards[cards.captured_recency == 1][["dataset_id", "run_id"]]
    expected = newest.merge(scores, on=["dataset_id", "run_id"]).groupby("metric_name")
    for row in ask(lived, "other_thresholds"):
        of_metric = expected.get_group(row["metric_name"])
        passed, failed = of_metric.passed.sum(), of_metric.failed.sum()
        assert row["pass_rate_now"] == pytest.approx(passed / (passed + failed), abs=5.1e-4)


def test_pass_rate_by_run(lived: duckdb.DuckDBPyConnection) -> None:
    """Each dataset's newest captured run stands beside the one before, the largest fall first."""
    cards = read_frame(lived, "marts.run_scorecard")
    rates = {
        (r.dataset_name, r.captured_recency): r.pass_rate
        for r in cards.itertuples()
        if not pd.isna(r.captured_recency)
    }
    rows = ask(lived, "pass_rate_by_run", rows="1000")
    changes = [row["change"] for row in rows]
    assert changes == sorted(changes)
    assert len(rows) == sum(recency == 2 for _, recency in rates)
    for row in rows:
        now, then = rates[row["dataset_name"], 1], rates[row["dataset_name"], 2]
        assert row["pass_rate"] == pytest.approx(now, abs=5.1e-4)
        assert row["change"] == pytest.approx(now - then, abs=5.1e-4)


def test_weeks_are_whole(lived: duckdb.DuckDBPyConnection) -> None:
    """The first week counts from its Monday, and the newest day is left out."""
    daily = read_frame(lived, "marts.quality_daily")
    (newest,) = lived.execute("select max(started_at)::date from meta.syncs").fetchall()[0]
    rows = ask(lived, "weekly_pass_rate", weeks="1")
    assert rows
    for row in rows:
        days = [row["week"] + timedelta(days=n) for n in range(7)]
        of_week = daily[daily.day.isin([day for day in days if day < newest])]
        assert row["judged"] == (of_week.passed + of_week.failed).sum()


def test_polling_intervals(lived: duckdb.DuckDBPyConnection) -> None:
    """A run that is there for w minutes is caught with probability w / interval, never if w < 0."""
    cards = read_frame(lived, "marts.run_scorecard")
    windows = [w / 60 for w in cards.catch_window_seconds if not pd.isna(w)]
    for row in ask(lived, "polling_intervals"):
        every = row["every_minutes"]
        caught = average(min(1, max(0, w) / every) for w in windows)
        assert caught is not None
        assert row["percent_caught"] == pytest.approx(100 * caught, abs=0.051)


def test_kappa(lived: duckdb.DuckDBPyConnection) -> None:
    """Kappa is the agreement beyond chance of the verdicts that both judges gave."""
    rows = ask(lived, "judge_agreement", days="10000")
    for row in rows:
        a, b = row["pass_rate_a"], row["pass_rate_b"]
        chance = a * b + (1 - a) * (1 - b)
        if row["kappa"] is not None:
            expected = (row["agreement"] - chance) / (1 - chance)
            assert row["kappa"] == pytest.approx(expected, abs=0.02)
            assert row["judge_a"] < row["judge_b"]


def test_bootstrap_agrees_with_the_t_interval(lived: duckdb.DuckDBPyConnection) -> None:
    """Drawn with replacement, changes lie about where the t interval says, and always the same."""
    rows = ask(lived, "paired_bootstrap")
    assert rows == ask(lived, "paired_bootstrap")
    chosen = {"baseline": str(rows[0]["baseline"]), "candidate": str(rows[0]["candidate"])}
    by_t = {row["metric_name"]: row for row in ask(lived, "run_against_previous", **chosen)}
    for row in rows:
        other = by_t[row["metric_name"]]
        assert row["change"] == pytest.approx(other["change"], abs=0.011)
        assert row["change_low"] <= row["change"] <= row["change_high"]
        if other["pairs"] >= 8:
            width = other["change_high"] - other["change_low"]
            assert row["change_low"] == pytest.approx(other["change_low"], abs=0.02 + width / 2)
            assert row["change_high"] == pytest.approx(other["change_high"], abs=0.02 + width / 2)


def test_question_when_scored(lived: duckdb.DuckDBPyConnection) -> None:
    """What was asked then differs from what is asked now, in prompt or reference."""
    for row in ask(lived, "question_when_scored"):
        then = (row["prompt_then"], row["golden_answer_then"])
        assert then != (row["prompt_now"], row["golden_answer_now"])


def test_records_needed(lived: duckdb.DuckDBPyConnection) -> None:
    """Half the change to be seen needs four times the records."""
    two = {(r["dataset_name"], r["metric_name"]): r for r in ask(lived, "records_needed")}
    one = {
        (r["dataset_name"], r["metric_name"]): r for r in ask(lived, "records_needed", points="1")
    }
    assert two.keys() == one.keys()
    for key, row in two.items():
        assert one[key]["records_needed"] == pytest.approx(4 * row["records_needed"], abs=4)


def test_forgotten_evaluations_are_those_that_are_not_latest(
    lived: duckdb.DuckDBPyConnection,
) -> None:
    """What the API no longer serves are the open evaluations whose is_latest is false."""
    rows = read_frame(lived, "main.evaluations")
    forgotten = rows[~rows["is_latest"].astype(bool)]
    assert len(forgotten) > 0
    assert ask(lived, "forgotten_evaluations") == [
        {
            "evaluations": len(rows),
            "forgotten_by_the_api": len(forgotten),
            "forgotten_runs": forgotten["run_id"].nunique(),
        }
    ]
