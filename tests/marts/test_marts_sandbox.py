"""The marts over nights of the sandbox: what it planted is found, what it knows is said."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Sandbox, World
from aegis_etl.sandbox.metrics import METRICS
from aegis_etl.settings import load_settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.warehouse.connection import open_for_writing
from aegis_etl.warehouse.marts import build_marts

NIGHTS = 6
CAUSES = {
    "answer changed": "answer changed",
    "judge changed": "content unchanged",
    "scoring model changed": "scoring model changed",
    "threshold changed": "threshold changed",
}


@dataclass
class Lived:
    """A world that was synced each night, what it served then, and the marts of it."""

    world: World
    marts: duckdb.DuckDBPyConnection
    served: list[list[dict[str, Any]]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Nights of a small account, synced through its socket."""
    folder = tmp_path_factory.mktemp("sandbox")
    world = World(seed=11, datasets=24, records=40, runs=2)
    served = []
    with Sandbox(world) as sandbox:
        settings = load_settings(
            data_dir=folder, base_url=sandbox.base_url, api_key=SecretStr(sandbox.api_key)
        )
        for night in range(NIGHTS):
            if night:
                world.live_night()
            run_sync(settings, SyncRequest(kind="full"), now=world.now)
            payloads = map(world.payload, world.dataset_ids())
            served.append([p for p in payloads if p and p["dataset_type"]["name"] == "CUSTOM"])
    copy = folder / "copy.duckdb"
    shutil.copyfile(DataDir(folder).warehouse, copy)
    with open_for_writing(copy) as connection:
        build_marts(connection)
        yield Lived(world, connection, served)


def test_planted_causes_are_found(lived: Lived) -> None:
    """Flips of a run have the reason planted for it; a changed judge leaves content unchanged."""
    seen = Counter()
    for planted in lived.world.planted:
        causes = dict(
            lived.marts.execute(
                "select likely_cause, count(*) from marts.outcome_flips"
                " where run_id = $1 group by all",
                [planted.run_id],
            ).fetchall()
        )
        if causes:
            seen[planted.cause] += 1
            share = causes.get(CAUSES[planted.cause], 0) / sum(causes.values())
            assert share >= 0.8, (planted, causes)
    assert set(seen) == set(CAUSES)


def test_planted_judges_and_answers_show_as_worse_or_better(lived: Lived) -> None:
    """A planted change of judge, model or answer is a clear change in at least one metric."""
    for planted in lived.world.planted:
        verdicts = lived.marts.execute(
            "select verdict from marts.run_comparisons where run_id = $1", [planted.run_id]
        ).fetchall()
        if verdicts and planted.cause != "threshold changed":
            assert {verdict for (verdict,) in verdicts} & {"worse", "better"}, planted


def test_unplanted_nights_show_no_clear_change(lived: Lived) -> None:
    """Where nothing was planted, at least 95 % of comparisons have no clear change."""
    planted = {p.run_id for p in lived.world.planted}
    verdicts = [
        verdict
        for run_id, verdict in lived.marts.execute(
            "select run_id, verdict from marts.run_comparisons where verdict <> 'too few pairs'"
        ).fetchall()
        if run_id not in planted
    ]
    assert len(verdicts) >= 100
    assert verdicts.count("no clear change") / len(verdicts) >= 0.95


def test_capture_is_what_the_sandbox_served(lived: Lived) -> None:
    """A run is captured just when a sync was served its evaluations after it had finished."""
    whole, shown, listed = set(), set(), set()
    for night in lived.served:
        for payload in night:
            runs = {run["id"]: run for run in payload["runs"]}
            listed |= runs.keys()
            for run_id in {e["run_id"] for e in payload["evaluations"]}:
                shown.add(run_id)
                if run_id in runs and runs[run_id]["finished_at"] is not None:
                    whole.add(run_id)
    captures = dict(
        lived.marts.execute("select run_id, capture from marts.run_scorecard").fetchall()
    )
    assert captures.keys() == listed | shown
    assert {run_id for run_id, capture in captures.items() if capture == "captured"} == whole
    for run_id, capture in captures.items():
        if capture in {"missed", "before first sync", "awaiting", "not served"}:
            assert run_id not in shown
        if capture == "partly captured":
            assert run_id in shown - whole
    web = {
        run["id"]
        for night in lived.served
        for payload in night
        for run in payload["runs"]
        if run["run_source"]["name"] != "API" or run["run_type"]["name"] != "DATASET"
    }
    assert {run_id for run_id, capture in captures.items() if capture == "not served"} == web
    assert {"captured", "partly captured", "missed", "before first sync"} <= set(captures.values())


def test_suggested_names_are_the_shortnames(lived: Lived) -> None:
    """Names suggested by votes are the shortnames that the sandbox gives its metrics."""
    names = {metric.id: metric.name for metric in METRICS}
    suggested = lived.marts.execute(
        "select metric_id, suggested_name from marts.metric_catalog"
        " where suggested_name is not null"
    ).fetchall()
    assert len(suggested) >= 8
    assert all(names[metric_id] == name for metric_id, name in suggested)


def test_costs_are_what_the_sandbox_served(lived: Lived) -> None:
    """The cost of everything received is the exact sum of what was served, each id once."""
    costs = {}
    for night in lived.served:
        for payload in night:
            for row in payload["evaluations"]:
                costs[payload["id"], row["id"]] = row["evaluation_cost"]
    exact = sum(Decimal(str(cost)) for cost in costs.values() if cost is not None)
    found = lived.marts.execute("select marts.exact_sum(cost) from marts.cost_daily").fetchone()
    assert found == (exact,)
