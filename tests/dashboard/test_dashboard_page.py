"""The page's five tabs: what they show is what the published marts say."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("streamlit", reason="Streamlit is not installed")

from dashboard_account import ELSEWHERE, copy_account
from dashboard_page import TABS, choose, frame, open_tab, run, tell_markdown

from aegis_etl.lake.paths import DataDir
from aegis_etl.report.wording import say_cost, say_percent

Mart = Callable[[str], pd.DataFrame]
DAY = pd.Timedelta(days=1)


def find_today(published: Mart) -> date:
    """The UTC day of the newest sync, which is not whole."""
    return published("nightly_changes")["sync_started_at"].max().date()


def choose_days(published: Mart, mart: str, ago: int, days: int = 7) -> pd.DataFrame:
    """The rows of some whole days, the last of them so many days ago."""
    rows, today = published(mart), find_today(published)
    return rows[(rows["day"] <= today - ago * DAY) & (rows["day"] > today - (ago + days) * DAY)]


@pytest.fixture
def published(lived: DataDir, monkeypatch: pytest.MonkeyPatch) -> Mart:
    """Points the page at the account with everything; reads its marts' Parquet."""
    monkeypatch.setenv("AEGIS_DATA_DIR", str(lived.root))
    return lambda name: pd.read_parquet(lived.marts / f"{name}.parquet")


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("account", ["lived", "one_run", "empty"])
def test_every_tab_shows_every_account(
    account: str, tab: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account with everything, with one run, or without a dataset: the tab, and no error."""
    monkeypatch.setenv("AEGIS_DATA_DIR", str(request.getfixturevalue(account).root))

    page = open_tab(tab)

    assert [shown.label for shown in page.tabs] == list(TABS)
    assert page.dataframe or page.info
    assert "times in UTC" in page.caption[0].value


def test_before_the_first_sync_it_says_what_to_do(
    tmp_path: Path, one_run: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing published: one line that says so; once something is, the same page shows it."""
    monkeypatch.setenv("AEGIS_DATA_DIR", str(tmp_path))
    page = open_tab("Overview")
    assert [line.value for line in page.info] == [
        "Nothing is published yet. Run `aegis-etl sync`: this page then fills by itself."
    ]
    assert not page.tabs

    copy_account(one_run, tmp_path)

    assert len(frame(run(page), 0)) == 1


def test_the_tiles_tell_the_last_week(published: Mart) -> None:
    """Pass rate, failed scorings, runs and cost of the 7 whole UTC days before the newest sync."""
    page = open_tab("Overview")

    quality, before = (
        choose_days(published, "quality_daily", 1),
        choose_days(published, "quality_daily", 8),
    )
    today = find_today(published)
    assert today - 7 * DAY in set(quality["day"])
    assert today in set(published("cost_daily")["day"])
    passed, judged = quality["passed"].sum(), quality[["passed", "failed"]].sum().sum()
    rate, rate_before = (
        passed / judged,
        before["passed"].sum() / before[["passed", "failed"]].sum().sum(),
    )
    runs = published("run_scorecard").assign(day=lambda runs: runs["created_at"].dt.date)
    runs = runs[(runs["day"] >= today - 7 * DAY) & (runs["day"] < today)]
    captured = (runs["capture"] == "captured").sum()
    lost = runs["capture"].isin(["missed", "partly captured"]).sum()
    costs = choose_days(published, "cost_daily", 1)
    assert lost > 0
    assert [tile.value for tile in page.metric] == [
        say_percent(rate),
        say_percent(quality["errors"].sum() / (judged + quality["errors"].sum())),
        f"{captured} of {captured + lost}",
        say_cost(sum(costs["cost"].dropna(), Decimal(0))),
    ]
    assert page.metric[0].delta == f"{100 * (rate - rate_before):+.1f} points"
    assert page.metric[2].delta == f"{lost} lost"
    unknown = costs["evaluations_without_cost"].sum()
    assert unknown > 0
    assert page.metric[3].delta == f"{unknown:,} of unknown cost"


def test_every_dataset_stands_in_the_overview(published: Mart) -> None:
    """One row a dataset, with the health that the mart gives it."""
    shown = frame(open_tab("Overview"), 0)

    health = published("dataset_health")
    assert sorted(shown["dataset_name"]) == sorted(health["dataset_name"])
    assert shown["health"].value_counts().to_dict() == health["health"].value_counts().to_dict()


def test_a_dataset_and_a_metric_narrow_the_page_down(published: Mart) -> None:
    """Dataset and metrics chosen once hold for cost, quality and all the rest."""
    costs = published("cost_daily")
    dataset_id, metric_id = costs.groupby(["dataset_id", "metric_id"])["cost"].sum().idxmax()
    page = choose(open_tab("Cost"), "dataset", int(dataset_id))
    page = choose(page, "metrics", [int(metric_id)])

    costs = choose_days(published, "cost_daily", 1, 30)
    chosen = costs[(costs["dataset_id"] == dataset_id) & (costs["metric_id"] == metric_id)]
    (row,) = frame(page, 0).to_dict("records")
    assert row["cost"] == sum(chosen["cost"].dropna(), Decimal(0))
    assert row["evaluations"] == chosen["evaluations"].sum()
    assert row["share"] == 1


def test_unknown_cost_is_not_zero(published: Mart) -> None:
    """A metric of whose evaluations none has a cost has none itself: a dash, not 0."""
    shown = frame(open_tab("Cost"), 0)

    unknown = shown["evaluations"] == shown["evaluations_without_cost"]
    assert unknown.any()
    assert shown["cost"][unknown].isna().all()
    assert (shown["cost"][~unknown] > 0).all()
    costs = published("cost_daily")
    assert costs["cost"][costs["evaluations"] == costs["evaluations_without_cost"]].isna().all()


@pytest.mark.parametrize("dimension", ["metric", "dataset", "scoring model", "owner"])
def test_cost_adds_up_whatever_it_is_split_by(published: Mart, dimension: str) -> None:
    """By metric, dataset, scoring model and owner the cost adds up to the same."""
    page = choose(open_tab("Cost"), "dimension", dimension)

    total = sum(choose_days(published, "cost_daily", 1, 30)["cost"].dropna(), Decimal(0))
    shown = frame(page, 0)
    assert sum(shown["cost"].dropna(), Decimal(0)) == total
    assert say_cost(total) in page.caption[1].value
    assert shown["share"].sum() == pytest.approx(1)


def test_clear_changes_are_those_of_the_newest_runs(published: Mart) -> None:
    """Over all datasets: what got clearly worse or better in each dataset's newest captured run."""
    shown = frame(open_tab("Compare runs"), 0)

    mart = published("run_comparisons")
    clear = mart[(mart["captured_recency"] == 1) & mart["verdict"].isin(["worse", "better"])]
    assert len(clear) > 0
    assert sorted(zip(shown["run_id"], shown["metric_name"], shown["verdict"], strict=True)) == (
        sorted(zip(clear["run_id"], clear["metric_name"], clear["verdict"], strict=True))
    )


def test_two_runs_are_compared_as_in_the_report(published: Mart) -> None:
    """A run against the one before it: the night's own verdicts, and every verdict that flipped."""
    flips = published("outcome_flips")
    dataset_id, run_id = flips.groupby(["dataset_id", "run_id"]).size().idxmax()
    page = choose(open_tab("Compare runs"), "dataset", int(dataset_id))
    page = choose(page, f"run of {dataset_id}", int(run_id))

    mart = published("run_comparisons")
    expected = mart[(mart["dataset_id"] == dataset_id) & (mart["run_id"] == run_id)]
    shown = frame(page, 0).set_index("metric_name").sort_index()
    expected = expected.set_index("metric_name").sort_index()
    for column in ("verdict", "mean_change", "q_value", "n_pairs", "regressions", "fixes"):
        assert shown[column].to_list() == pytest.approx(
            expected[column].to_list(), nan_ok=True
        ) or (shown[column].to_list() == expected[column].to_list())
    flipped = flips[(flips["dataset_id"] == dataset_id) & (flips["run_id"] == run_id)]
    shown = frame(page, 1)
    columns = ["record_id", "metric_name", "flip", "likely_cause", "score_before", "score_after"]
    assert sorted(shown[columns].itertuples(index=False)) == (
        sorted(flipped[columns].itertuples(index=False))
    )


def test_any_two_runs_are_compared(published: Mart) -> None:
    """Also runs that do not follow each other: tested among their own metrics, causes unknown."""
    runs = published("run_scorecard")
    captured = runs[runs["captured_recency"].notna()].sort_values("captured_recency")
    dataset_id = captured.groupby("dataset_id").size().idxmax()
    newest, *_, oldest = captured[captured["dataset_id"] == dataset_id]["run_id"].astype(int)
    page = choose(open_tab("Compare runs"), "dataset", int(dataset_id))
    page = choose(page, f"baseline of {dataset_id}/{newest}", oldest)

    scores = published("run_metric_scores").set_index(["run_id", "metric_name"])
    shown = frame(page, 0)
    assert "the metrics of these two runs" in page.caption[1].value
    assert set(shown["metric_name"]) <= set(scores.loc[newest].index)
    assert len(shown) > 0
    if len(page.dataframe) > 1:
        assert frame(page, 1)["likely_cause"].isna().all()


def test_a_flip_can_be_read(published: Mart, lived: DataDir) -> None:
    """A selected flip shows question, answers and the judge's reasons as the API sent them."""
    flips = published("outcome_flips")
    dataset_id, run_id = flips.groupby(["dataset_id", "run_id"]).size().idxmax()
    page = choose(open_tab("Compare runs"), "dataset", int(dataset_id))
    page = choose(page, f"run of {dataset_id}", int(run_id))
    chosen = frame(page, 1).iloc[0]
    page = choose(page, page.dataframe[1].key, {"selection": {"rows": [0]}})

    (flip,) = flips[
        (flips["dataset_id"] == dataset_id)
        & (flips["run_id"] == run_id)
        & (flips["record_id"] == chosen["record_id"])
        & (flips["metric_name"] == chosen["metric_name"])
    ].itertuples()
    evaluations = pd.concat(
        pd.read_parquet(file) for file in lived.lake.glob("*/evaluations.parquet")
    )
    told = {text.value for text in page.text}
    for evaluation_id in (flip.evaluation_id, flip.previous_evaluation_id):
        reasons = set(evaluations[evaluations["id"] == evaluation_id]["explanation"])
        assert reasons & told
    assert f"Judge's reason now: {flip.score_after:.1f}" in tell_markdown(page)


def test_lost_runs_are_counted(published: Mart) -> None:
    """Each capture of the 30 whole days, and every run in the table with what became of it."""
    page = open_tab("Captured and missed")

    runs = published("run_scorecard")
    shown = frame(page, -1)
    assert sorted(zip(shown["run_id"], shown["capture"], strict=True)) == (
        sorted(zip(runs["run_id"], runs["capture"], strict=True))
    )
    created, today = runs["created_at"].dt.date, find_today(published)
    month = runs[(created < today) & (created >= today - 30 * DAY)]
    assert {tile.label: tile.value for tile in page.metric if tile.value != "0"} == {
        capture: f"{count:,}" for capture, count in month["capture"].value_counts().items()
    }


def test_scorers_and_records_are_those_of_the_marts(published: Mart) -> None:
    """Every scorer with its reliability; records that always fail, and none that do not."""
    page = open_tab("Trust")

    judges = published("judge_reliability")
    assert sorted(frame(page, 0)["model_slug"]) == sorted(judges["model_slug"])
    stability = published("record_stability")
    hard = stability[stability["label"] == "always fails"]
    assert len(hard) > 0
    assert set(frame(page, -1)["record_id"]) <= set(hard["record_id"])


@pytest.mark.parametrize("tab", TABS)
def test_no_name_of_the_api_is_markdown(published: Mart, tab: str) -> None:
    """Names are options of boxes, cells of tables and text: nothing that could be marked up."""
    flips = published("outcome_flips")
    hostile = flips[flips["dataset_name"].str.contains(ELSEWHERE)]
    page = open_tab(tab)
    page = choose(page, "dataset", int(hostile["dataset_id"].iloc[0]))
    if tab == "Compare runs":
        page = choose(page, page.dataframe[-1].key, {"selection": {"rows": [0]}})

    assert any(ELSEWHERE in option for option in page.selectbox[0].options)
    assert any(ELSEWHERE in option for option in page.multiselect[0].options)
    assert ELSEWHERE not in tell_markdown(page)
    assert not any(element.allow_html for element in page.markdown)


def test_a_dataset_that_is_gone_is_let_go(
    one_run: DataDir, monkeypatch: pytest.MonkeyPatch, published: Mart
) -> None:
    """A choice that the next version does not hold falls back to all datasets."""
    left = pd.read_parquet(one_run.marts / "dataset_health.parquet")["dataset_id"]
    (gone, *_) = set(published("dataset_health")["dataset_id"]) - set(left)
    page = choose(open_tab("Overview"), "dataset", int(gone))
    assert len(frame(page, 0)) == 1
    monkeypatch.setenv("AEGIS_DATA_DIR", str(one_run.root))

    run(page)

    assert page.selectbox[0].value is None
    assert len(frame(page, 0)) == len(left)
