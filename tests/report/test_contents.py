"""What the report says, against what the API served in each night."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from parsed_page import Page
from report_accounts import Lived, Payloads

from aegis_etl.report.contents import Contents, read_contents
from aegis_etl.report.differences import Passage
from aegis_etl.report.drawing import Draw
from aegis_etl.report.wording import say_cost, say_percent

Row = dict[str, Any]


@pytest.fixture(scope="module")
def contents(lived: Lived, draw: Draw) -> Contents:
    """What the page of the lived account shows."""
    return read_contents(lived.connection, draw)


def finished_and_shown(night: Payloads) -> set[int]:
    """The runs whose evaluations were served after they had finished."""
    found = set()
    for payload in night.values():
        shown = {e["run_id"] for e in payload["evaluations"]}
        found |= {r["id"] for r in payload["runs"] if r["id"] in shown and r["finished_at"]}
    return found


def evaluations(nights: list[Payloads]) -> Iterator[tuple[int, Row]]:
    """Every evaluation as it was served last, with its dataset."""
    newest = {
        (dataset_id, row["id"]): row
        for night in nights
        for dataset_id, payload in night.items()
        for row in payload["evaluations"]
    }
    for (dataset_id, _), row in newest.items():
        yield dataset_id, row


def day_of(time: str) -> date:
    """The UTC day of a time as the API writes it."""
    parsed = datetime.fromisoformat(time)
    return (parsed if parsed.tzinfo is None else parsed.astimezone(UTC)).date()


def text_of(passages: list[Passage] | None) -> str | None:
    """A compared text, whole."""
    return None if passages is None else "".join(p.text for p in passages)


def alike(text: str | None, value: object) -> bool:
    """Whether a stored text is this value of the API."""
    if isinstance(value, (dict, list)) and text:
        return bool(json.loads(text) == value)
    return text == value


def test_tonight_is_what_came_since_the_night_before(lived: Lived, contents: Contents) -> None:
    """Runs first served finished tonight are tonight's, and their rates are those of their rows."""
    nights = lived.account.nights
    earlier = set().union(*map(finished_and_shown, nights[:-1]))
    tonight = finished_and_shown(nights[-1]) - earlier
    assert contents.totals["runs_captured"] == len(tonight) > 0
    rows = [e for p in nights[-1].values() for e in p["evaluations"] if e["run_id"] in tonight]
    assert contents.totals["evaluations"] == len(rows)
    newest: dict[tuple[int, int, int], Row] = {}
    for row in rows:
        cell = row["run_id"], row["record_id"], row["metric_id"]
        newest[cell] = max(newest.get(cell, row), row, key=lambda r: (r["created_at"], r["id"]))
    scored = [
        r for r in newest.values() if r["result"] is not None and r["is_success"] is not False
    ]
    passed = sum(r["result"] >= r["threshold"] for r in scored)
    errors = len(newest) - len(scored)
    assert contents.tiles[0].value == say_percent(passed / len(scored))
    assert contents.tiles[1].value == say_percent(errors / len(newest))
    assert contents.tiles[2].value.startswith(f"{len(tonight)} of ")


def test_the_verdict_counts_what_happened(lived: Lived, contents: Contents) -> None:
    """Clear changes, failed fetches and runs that were only ever listed make the sentence."""
    sentence = ", ".join(clause.text for clause in contents.verdict)
    count = lived.connection.execute(
        "select count(*) from marts.run_comparisons where verdict = 'worse' and first_sync_id ="
        " (select max(sync_id) from meta.syncs)"
    ).fetchall()[0][0]
    assert count > 0
    assert f"{count} metric{'' if count == 1 else 's'} got worse" in sentence
    assert f"{len(lived.account.failing)} datasets not fetched" in sentence
    assert f"{contents.totals['runs_missed']} run" in sentence
    assert Page(lived.page).all("h1")[0].text == f"{sentence}."


def test_clear_changes_are_those_of_the_mart(lived: Lived, contents: Contents) -> None:
    """Worst first, every clear change of the night is a row with its interval and its causes."""
    changes = contents.clear_changes
    assert changes == sorted(changes, key=lambda row: row["mean_change"])
    table = Page(lived.page).all("tbody", within="changes")[0].text
    for row in changes:
        assert row["change_low"] <= row["mean_change"] <= row["change_high"]
        assert f"{abs(row['mean_change']):.1f}" in table
        assert row["metric_name"] in table
        flips = sum(cause["flips"] for cause in row["causes"])
        assert flips >= row["regressions"] + row["fixes"]


def test_cost_is_the_exact_sum(lived: Lived, contents: Contents) -> None:
    """A day's cost is the exact sum over what was served of it, whatever was deleted since."""
    costs: dict[date, Decimal] = {}
    for _, row in evaluations(lived.account.nights):
        if row["evaluation_cost"] is not None and row["started_at"]:
            day = day_of(row["started_at"])
            costs[day] = costs.get(day, Decimal(0)) + Decimal(str(row["evaluation_cost"]))
    shown = {row["day"]: row["cost"] for row in contents.cost_by_day if row["cost"] is not None}
    today = contents.night["started_at"].date()
    window = {day: cost for day, cost in costs.items() if today - timedelta(30) <= day < today}
    assert shown == window
    assert contents.tiles[3].value == say_cost(window[today - timedelta(1)])
    for rows in contents.spending.values():
        assert sum(row["cost"] or 0 for row in rows) <= sum(window.values())


def test_regressions_show_both_answers_as_they_were(lived: Lived, contents: Contents) -> None:
    """Both answers of a regression were served; they differ just where the answer changed."""
    causes = {row["likely_cause"] for row in contents.regressions}
    assert causes >= {"answer changed", "content unchanged"}
    for row in contents.regressions:
        served = [
            record["output"]
            for night in lived.account.nights
            for record in night.get(row["dataset_id"], {"records": []})["records"]
            if record["id"] == row["record_id"]
        ]
        for side in (row["output"].before, row["output"].after):
            assert any(alike(text_of(side), output) for output in served)
        if row["likely_cause"] == "answer changed":
            assert row["output"].is_changed
            marked = [*(row["output"].before or []), *(row["output"].after or [])]
            assert any(p.kind == "changed" for p in marked)
        if row["likely_cause"] in {"content unchanged", "scoring model changed"}:
            assert not row["output"].is_changed


def test_regressions_show_both_reasons(lived: Lived, contents: Contents) -> None:
    """The judge's reasons are those of the scores beside them."""
    by_score = {
        (dataset_id, e["run_id"], e["record_id"], e["explanation"]): e["result"]
        for dataset_id, e in evaluations(lived.account.nights)
    }
    articles = Page(lived.page).all("article", within="regressions")
    assert len(articles) == len(contents.regressions) > 0
    for row, article in zip(contents.regressions, articles, strict=True):
        key = row["dataset_id"], row["run_id"], row["record_id"], row["after"]["explanation"]
        assert by_score[key] == row["score_after"]
        for side in ("before", "after"):
            assert " ".join(row[side]["explanation"].split()) in article.text


def test_edits_are_those_between_two_nights(lived: Lived, contents: Contents) -> None:
    """Records edited tonight are those served otherwise than when they were served last."""
    known: dict[tuple[int, int], Row] = {}
    edited: dict[tuple[int, int], tuple[Row, Row]] = {}
    for night in lived.account.nights:
        edited.clear()
        for dataset_id, payload in night.items():
            for record in payload["records"]:
                before = known.get((dataset_id, record["id"]), record)
                if before != record:
                    edited[dataset_id, record["id"]] = before, record
                known[dataset_id, record["id"]] = record
    assert contents.totals["records_edited"] == len(edited) > 0
    assert contents.edited_texts
    for row in contents.edited_texts:
        before, after = edited[row["dataset_id"], row["record_id"]]
        assert alike(row["before"], before[row["field"]])
        assert alike(row["after"], after[row["field"]])


def test_failed_datasets_are_named(lived: Lived, contents: Contents) -> None:
    """Each dataset that failed is a row with its error and the time of its last good fetch."""
    assert {row["dataset_id"] for row in contents.stale_datasets} == set(lived.account.failing)
    rows = Page(lived.page).all("tr", within="failed")[1:]
    assert len(rows) == len(lived.account.failing)
    for row in rows:
        assert "HTTP 500" in row.text
        assert "never" not in row.text


def test_losses_are_told_with_what_could_have_caught_them(contents: Contents) -> None:
    """Missed and partly captured runs add up; what watching catches is within polling's reach."""
    lost = contents.lost
    assert lost.runs == contents.captures["missed"] + contents.captures.get("partly captured", 0)
    assert 0 < lost.by_watching <= lost.runs - lost.beyond_polling


def test_quality_leaves_today_out(contents: Contents) -> None:
    """Each metric has its panel and a rate between the ends of its interval."""
    assert len(contents.quality) >= 8
    for row in contents.quality:
        assert row["figure"] is not None
        if row["pass_rate"] is not None:
            assert row["pass_rate_low"] <= row["pass_rate"] <= row["pass_rate_high"]
            assert row["pass_rate_strict"] <= row["pass_rate"]


def test_terms_quote_the_marts(lived: Lived, contents: Contents) -> None:
    """A term is explained by the comment of the column that holds it."""
    comments = {
        comment
        for (comment,) in lived.connection.execute(
            "select comment from duckdb_columns() where schema_name = 'marts'"
        ).fetchall()
    }
    assert {definition for _, definition in contents.terms} <= comments


def test_a_first_night_compares_nothing(first_night: Lived, draw: Draw) -> None:
    """Without a night before there is no comparison, no regression and no edit, and it says so."""
    contents = read_contents(first_night.connection, draw)
    assert not contents.clear_changes
    assert not contents.regressions
    assert not contents.edited_texts
    assert contents.totals["records_added"] == 0
    page = Page(first_night.page)
    assert page.all("h1")[0].text == "A first night: 6 datasets synced."
    assert "In a first sync everything is new" in page.by_id("edits").text


def test_an_empty_account_is_no_error(empty: Lived) -> None:
    """Nothing to report is reported as such."""
    page = Page(empty.page)
    assert page.all("h1")[0].text == "The account holds no datasets."
    assert not page.all("table")
