"""What happens from night to night, seen through the payloads alone."""

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from aegis_etl.sandbox import World

Snapshot = dict[int, dict[str, Any]]


def snapshot(world: World) -> Snapshot:
    """Every payload of the account, by dataset id."""
    return {dataset_id: world.payload(dataset_id) or {} for dataset_id in world.dataset_ids()}


def by_id(payload: dict[str, Any], name: str) -> dict[int, dict[str, Any]]:
    """A payload's children by id."""
    return {child["id"]: child for child in payload[name]}


@pytest.fixture(scope="module")
def nights() -> list[Snapshot]:
    """The account before its first night, and after each of twelve."""
    world = World(records=8, metrics=4, runs=2, shape="new")
    snapshots = [snapshot(world)]
    for _ in range(12):
        world.live_night()
        snapshots.append(snapshot(world))
    return snapshots


@pytest.fixture(scope="module")
def happenings(nights: list[Snapshot]) -> Counter[str]:
    """How often what can happen in a night did."""
    seen: Counter[str] = Counter()
    ever: set[int] = set(nights[0])
    for before, after in pairwise(nights):
        seen["dataset deleted"] += len(before.keys() - after.keys())
        seen["dataset returned"] += len((after.keys() - before.keys()) & ever)
        seen["dataset added"] += len(after.keys() - ever)
        ever |= after.keys()
        for dataset_id in before.keys() & after.keys():
            _compare(before[dataset_id], after[dataset_id], seen)
    return seen


def _compare(old: dict[str, Any], new: dict[str, Any], seen: Counter[str]) -> None:
    seen["unchanged"] += old == new
    seen["dataset renamed"] += old["name"] != new["name"]
    seen["threshold moved"] += old["selected_metrics"] != new["selected_metrics"]
    records, records_now = by_id(old, "records"), by_id(new, "records")
    seen["record deleted"] += len(records.keys() - records_now.keys())
    seen["record added"] += len(records_now.keys() - records.keys())
    for record_id in records.keys() & records_now.keys():
        for field in ("prompt", "output", "golden_answer"):
            if records[record_id][field] != records_now[record_id][field]:
                seen[f"{field} edited"] += 1
                assert records_now[record_id]["updated_at"] != records[record_id]["updated_at"]
    runs, runs_now = by_id(old, "runs"), by_id(new, "runs")
    added = [runs_now[run_id] for run_id in runs_now.keys() - runs.keys()]
    served = [run for run in added if run["run_source"]["name"] == "API"]
    seen["one new run"] += len(served) == 1
    seen["two or more new runs"] += len(served) > 1
    seen["web run"] += any(run["run_source"]["name"] == "WEB" for run in added)
    seen["run deleted"] += len(runs.keys() - runs_now.keys())
    seen["run unfinished"] += any(run["finished_at"] is None for run in added)
    for run_id in runs.keys() & runs_now.keys():
        seen["run renamed"] += runs[run_id]["alias"] != runs_now[run_id]["alias"]
        seen["run finished"] += not runs[run_id]["finished_at"] and bool(
            runs_now[run_id]["finished_at"]
        )
    _compare_evaluations(old, new, seen)


def _compare_evaluations(old: dict[str, Any], new: dict[str, Any], seen: Counter[str]) -> None:
    were, are = by_id(old, "evaluations"), by_id(new, "evaluations")
    for evaluation_id in were.keys() & are.keys():
        was, now = were[evaluation_id], are[evaluation_id]
        assert (was["record_id"], was["metric_id"]) == (now["record_id"], now["metric_id"])
        if was["finished_at"] is None and now["finished_at"] is not None:
            assert was["result"] is None
            seen["evaluation completed"] += 1
    cells = Counter((each["record_id"], each["metric_id"]) for each in are.values())
    seen["re-scored"] += any(number > 1 for number in cells.values())
    seen["scoring error"] += any(each["is_success"] is False for each in are.values())
    seen["run forgotten"] += bool(were and are and not were.keys() & are.keys())
    shown = {each["run_id"] for each in are.values()}
    seen["another user's run shown"] += bool(shown - by_id(new, "runs").keys())


@pytest.mark.parametrize(
    "what",
    [
        "dataset deleted",
        "dataset returned",
        "dataset added",
        "dataset renamed",
        "threshold moved",
        "record deleted",
        "record added",
        "prompt edited",
        "output edited",
        "golden_answer edited",
        "one new run",
        "two or more new runs",
        "web run",
        "run deleted",
        "run renamed",
        "run unfinished",
        "run finished",
        "run forgotten",
        "evaluation completed",
        "re-scored",
        "scoring error",
        "another user's run shown",
        "unchanged",
    ],
)
def test_twelve_nights_show_everything_that_can_happen(happenings: Counter[str], what: str) -> None:
    """Promise: an account of common size lives through all of it within twelve nights."""
    assert happenings[what] > 0


def test_the_clock_moves_to_the_next_two_o_clock() -> None:
    """Promise: the world starts at 02:00 UTC, and a night ends at the next."""
    world = World(datasets=2, records=2)
    assert world.now == datetime(2026, 11, 18, 2, tzinfo=UTC)
    assert world.live_night() == world.now == datetime(2026, 11, 19, 2, tzinfo=UTC)
    world.pass_time(seconds=3600)
    assert world.live_night() == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert world.night == 2


def test_a_day_lived_hour_by_hour_equals_a_day_lived_at_once() -> None:
    """Promise: everything happens at its time, however the time is cut."""
    at_once, hourly = (World(datasets=20, records=4, metrics=3, runs=1) for _ in range(2))
    for _ in range(3):
        at_once.live_night()
    while hourly.now < at_once.now:
        hourly.live_until(hourly.now + timedelta(hours=1))
    assert snapshot(hourly) == snapshot(at_once)
    assert hourly.planted == at_once.planted


def test_nothing_served_lies_in_the_future() -> None:
    """Promise: at any instant no time in a payload is later than the world's clock."""
    world = World(datasets=12, records=5, metrics=3, runs=1)
    for hour in range(60):
        world.live_until(datetime(2026, 11, 18, 2, 30, tzinfo=UTC) + timedelta(hours=hour))
        for payload in snapshot(world).values():
            children = [*payload["records"], *payload["runs"], *payload["evaluations"]]
            for child in [payload, *children]:
                for name in ("created_at", "updated_at", "started_at", "finished_at"):
                    if text := child.get(name):
                        time = datetime.fromisoformat(text)
                        assert (time if time.tzinfo else time.replace(tzinfo=UTC)) <= world.now


def test_the_same_arguments_give_the_same_bytes_everywhere() -> None:
    """Promise: bodies depend on the arguments alone, not on process, hash seed or order."""
    program = (
        "import hashlib; from aegis_etl.sandbox import World\n"
        "world = World(datasets=12, records=4, metrics=4, runs=2); world.live_night()\n"
        "bodies = [world.body(dataset_id) for dataset_id in sorted(world.dataset_ids())]\n"
        "print(hashlib.sha256(b''.join(bodies)).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    world = World(datasets=12, records=4, metrics=4, runs=2)
    world.serialise_all()
    world.live_night()
    bodies = [world.body(dataset_id) or b"" for dataset_id in sorted(world.dataset_ids())]
    assert hashlib.sha256(b"".join(bodies)).hexdigest() == other.stdout.strip()


def test_another_seed_gives_another_account() -> None:
    """Promise: the seed matters."""
    assert snapshot(World(seed=1, datasets=3, records=3)) != snapshot(
        World(seed=2, datasets=3, records=3)
    )


def test_without_cache_the_bodies_are_the_same() -> None:
    """Promise: keeping bodies or not changes none."""
    kept, made_anew = World(datasets=6, records=4), World(datasets=6, records=4, cache=False)
    for world in (kept, made_anew):
        world.live_night()
    assert [kept.body(i) for i in kept.dataset_ids()] == [
        made_anew.body(i) for i in kept.dataset_ids()
    ]
    assert kept.dataset_ids() == made_anew.dataset_ids()


def test_echoed_datasets_differ_in_ids_only() -> None:
    """Promise: with `originals` an account repeats so many datasets, under ids of its own."""
    world = World(datasets=80, originals=40, records=3, metrics=2, runs=1, proprietary=0)
    ids = sorted(world.dataset_ids())
    first, echo = world.payload(ids[1]) or {}, world.payload(ids[41]) or {}
    assert [record["output"] for record in first["records"]] == [
        r["output"] for r in echo["records"]
    ]
    assert [each["result"] for each in first["evaluations"]] == [
        e["result"] for e in echo["evaluations"]
    ]
    for name in ("records", "runs", "evaluations"):
        every = [child["id"] for payload in snapshot(world).values() for child in payload[name]]
        assert len(every) == len(set(every))
    shown = {each["run_id"] for each in echo["evaluations"]}
    assert shown == {run["id"] for run in echo["runs"]}


@pytest.mark.parametrize("wrong", [{"metrics": 19}, {"metrics": -1}, {"originals": 7}])
def test_arguments_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    """Promise: what cannot be emulated is a ValueError that says so."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        World(**wrong)


def test_accounts_may_be_empty_or_bare() -> None:
    """Promise: no datasets, no records, no metrics or no runs are worlds too."""
    assert World(datasets=0, proprietary=0).summaries() == []
    World(datasets=0, proprietary=0).live_night()
    for bare in ({"records": 0}, {"metrics": 0}, {"runs": 0}):
        world = World(datasets=3, **bare)
        world.live_night()
        assert all("evaluations" in payload for payload in snapshot(world).values())
