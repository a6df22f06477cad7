"""The questions of sql/examples: asked in plain English, answered on what the marts hold."""

from collections.abc import Iterator
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


@pytest.mark.parametrize("name", ASKED)
def test_answers_on_nothing_and_on_something(
    empty_marts: duckdb.DuckDBPyConnection, lived: duckdb.DuckDBPyConnection, name: str
) -> None:
    """A question fails on no account: it answers on an empty one, and with rows on a lived one."""
    ask(empty_marts, name)
    assert ask(lived, name)


def test_parameters_are_bound(lived: duckdb.DuckDBPyConnection) -> None:
    """Values come by name; a wrong name or value is one clear line."""
    assert len(ask(lived, "hard_and_flaky_records", rows="2")) == 2
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
