"""The bundle in a real Superset: imported twice, asked, looked at."""

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from chromium import EXECUTABLE, open_page
from scipy.stats import binomtest
from superset_bundle import read_assets, read_yaml
from superset_instance import Superset

pytestmark = pytest.mark.long

CHARTS = read_assets("charts")
Rows = list[tuple[Any, ...]]

EXPECTED = {
    "changes_by_metric": """
        select metric_name, verdict, count(*) from marts.run_comparisons
        where verdict in ('worse', 'better')
            and (run_started_at at time zone 'UTC')::date
                >= (select (max(started_at) at time zone 'UTC')::date - 28 from meta.syncs)
        group by all
    """,
    "newest_run_against_previous": """
        select
            dataset_name, metric_name,
            epoch_ms(date_trunc('day', run_started_at at time zone 'UTC')), n_pairs,
            mean_before, mean_after, mean_change, change_low, change_high,
            regressions, fixes, verdict
        from marts.run_comparisons where captured_recency = 1
    """,
    "cost_by_month": """
        select epoch_ms(date_trunc('month', day)), model_slug, sum(cost)::double
        from marts.cost_daily group by all
    """,
    "captured_runs_by_week": """
        select
            epoch_ms(date_trunc('week', created_at at time zone 'UTC')), capture, count(*)
        from marts.run_scorecard
        where (created_at at time zone 'UTC')::date
            >= (select (max(started_at) at time zone 'UTC')::date - 84 from meta.syncs)
        group by all
    """,
    "flips_by_cause": """
        select likely_cause, flip, count(*) from marts.outcome_flips
        where (run_started_at at time zone 'UTC')::date
            >= (select (max(started_at) at time zone 'UTC')::date - 28 from meta.syncs)
        group by all
    """,
    "judge_reliability": """
        select
            metric_name, model_slug, evaluations, error_rate, repeats, repeat_sd,
            repeat_flip_rate, near_threshold_share, reliability, median_latency_seconds
        from marts.judge_reliability
    """,
}
WEEKS = """
    select epoch_ms(date_trunc('week', day)), sum(passed)::bigint, sum(failed)::bigint
    from marts.quality_daily
    where day < (select max(started_at)::date from meta.syncs)
        and day >= (select max(started_at)::date - 84 from meta.syncs)
    group by all
"""
DRAWN = """(() => {
    const containers = [...document.querySelectorAll('[data-test=chart-container]')];
    const loading = document.querySelectorAll('[data-test=loading-indicator]').length;
    return [containers.filter(c => c.querySelector('canvas, tbody tr')).length, loading];
})()"""
NOT_OVER = """
    select day from marts.quality_daily
    where passed > 0 and day = (select max(started_at)::date from meta.syncs)
"""
CONNECT = """
import sys, sqlalchemy
with sqlalchemy.create_engine(sys.argv[1]).connect() as connection:
    connection.execute(sqlalchemy.text(sys.argv[2])).fetchall()
"""


Charts = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def charts(superset: Superset) -> Charts:
    """The dashboard's charts as Superset knows them, by the names of their files."""
    known = {chart["slice_name"]: chart for chart in superset.read("dashboard/aegis/charts")}
    return {name: known[chart["slice_name"]] for name, chart in CHARTS.items()}


def ask(warehouse: Path, sql: str) -> Rows:
    """The rows of plain SQL on the published warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def rounded(rows: Rows) -> list[str]:
    """The rows as text without the last digits of numbers, in order."""
    return sorted(
        str([f"{v:.9g}" if isinstance(v, int | float) else v for v in row]) for row in rows
    )


def shown(superset: Superset, charts: Charts, name: str) -> Rows:
    """The rows that a chart shows."""
    return [tuple(row.values()) for row in superset.read_rows(charts[name]["form_data"])]


def test_a_second_import_updates_what_is_there(superset: Superset) -> None:
    """After two imports there is one of each, and the charts that changed between are as new."""
    counts = {
        kind: len(superset.read(f"{kind}/?q=(page_size:100)"))
        for kind in ("chart", "dataset", "database", "dashboard")
    }
    assert counts == {"chart": 7, "dataset": 6, "database": 1, "dashboard": 1}
    names = {chart["slice_name"] for chart in superset.read("chart/?q=(page_size:100)")}
    assert names == {chart["slice_name"] for chart in CHARTS.values()}


def test_each_chart_is_in_its_place(superset: Superset, charts: Charts) -> None:
    """Each position of the dashboard holds the chart that the bundle puts there."""
    positions = json.loads(superset.read("dashboard/aegis")["position_json"])
    placed = {
        key.removeprefix("CHART-"): (block["meta"]["uuid"], block["meta"]["chartId"])
        for key, block in positions.items()
        if key.startswith("CHART-")
    }
    assert placed == {name: (CHARTS[name]["uuid"], charts[name]["id"]) for name in CHARTS}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_chart_shows_what_plain_sql_says(
    superset: Superset, charts: Charts, warehouse: Path, name: str
) -> None:
    """A chart's rows are those of plain SQL on the mart, and there are some."""
    expected = ask(warehouse, EXPECTED[name])
    assert expected
    assert rounded(shown(superset, charts, name)) == rounded(expected)


def test_the_weekly_pass_rate_has_its_interval(
    superset: Superset, charts: Charts, warehouse: Path
) -> None:
    """Each whole day of 12 weeks counts into its week, today does not; the interval is Wilson's."""
    assert ask(warehouse, NOT_OVER)
    expected = []
    for week, passed, failed in ask(warehouse, WEEKS):
        interval = binomtest(passed, passed + failed).proportion_ci(method="wilson")
        expected.append((week, passed / (passed + failed), interval.low, interval.high))
    assert expected
    assert rounded(shown(superset, charts, "pass_rate_by_week")) == rounded(expected)


@pytest.mark.parametrize(
    ("sql", "refused"),
    [
        ("select 1", None),
        ("create table main.mine (id integer)", "read-only"),
        ("select * from read_text('/etc/hostname')", "disabled by configuration"),
        ("attach '/tmp/other.duckdb'", "disabled by configuration"),
    ],
)
def test_sql_reaches_nothing_else(
    superset: Superset, bundle: Path, sql: str, refused: str | None
) -> None:
    """Through the bundle's connection SQL writes nothing and reads no other file."""
    (database,) = (bundle / "databases").iterdir()
    url = read_yaml(database)["sqlalchemy_uri"]
    done = subprocess.run(
        [superset.commands / "python", "-c", CONNECT, url, sql],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (refused is None), done.stderr
    assert (refused or "") in done.stderr


def test_a_new_version_is_picked_up(
    superset: Superset, charts: Charts, warehouse: Path, live_day: Callable[[], None]
) -> None:
    """While Superset runs a sync publishes unhindered, and the next look shows what is new."""
    before = shown(superset, charts, "captured_runs_by_week")
    live_day()
    after = shown(superset, charts, "captured_runs_by_week")
    assert rounded(after) == rounded(ask(warehouse, EXPECTED["captured_runs_by_week"]))
    assert sum(row[-1] for row in after) > sum(row[-1] for row in before)


@pytest.mark.skipif(EXECUTABLE is None, reason="there is no Chromium on this machine")
def test_the_dashboard_is_drawn_without_an_error(superset: Superset, tmp_path: Path) -> None:
    """In a browser all seven charts have rows, and no panel says that something failed."""
    with open_page(tmp_path / "profile") as page:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=1500,
            height=2300,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.open(f"{superset.url}/superset/dashboard/aegis/")
        for _ in range(120):
            if page.evaluate(DRAWN) == [7, 0]:
                break
            page.evaluate("new Promise(done => setTimeout(done, 500))")
        assert page.evaluate(DRAWN) == [7, 0]
        text = page.evaluate("document.body.innerText")
        assert all(chart["slice_name"] in text for chart in CHARTS.values())
        assert "No results were returned" not in text
        assert page.evaluate("document.querySelectorAll('[role=alert], .ant-alert').length") == 0
        answers = [event["response"] for event in page.named("Network.responseReceived")]
        asked = [answer for answer in answers if "/api/v1/chart/data" in answer["url"]]
        assert len(asked) >= 7
        assert {answer["status"] for answer in asked} == {200}
        page.evaluate("new Promise(done => setTimeout(done, 3000))")  # bars have grown
        screen = page.call("Page.captureScreenshot", format="png")
        (tmp_path / "dashboard.png").write_bytes(base64.b64decode(screen["data"]))
