"""One dataset by id, as the specification draws it and as newer pages add to it."""

from collections import Counter
from typing import Any

import pytest
from plain_http import Get, ask
from specification import differences

from aegis_etl.sandbox import Sandbox, World


@pytest.fixture(scope="module")
def payloads(world: World) -> list[dict[str, Any]]:
    """Every payload of the account."""
    return [world.payload(dataset_id) or {} for dataset_id in world.dataset_ids()]


def children(payloads: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """All records, runs or evaluations."""
    return [child for payload in payloads for child in payload[name]]


def test_detail_answers_the_whole_dataset(get: Get, world: World) -> None:
    """Promise: `GET /datasets/{id}` is the summary with type, records, runs and evaluations."""
    dataset_id = world.dataset_ids()[0]
    answer = get(f"/datasets/{dataset_id}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    payload = answer.json
    added = {name: payload.pop(name) for name in ("dataset_type", "records", "runs", "evaluations")}
    assert payload in get("/datasets").json["items"]
    assert added["dataset_type"]["id"] == payload["dataset_type_id"]


def test_every_field_of_every_object_is_as_specified(payloads: list[dict[str, Any]]) -> None:
    """Promise: all fields are there, none is unknown, and each is of a documented type."""
    found: list[str] = []
    for payload in payloads:
        inner = {
            "dataset_type": "Kind",
            "records": "Record",
            "runs": "Run",
            "evaluations": "Evaluation",
        }
        summary = {name: value for name, value in payload.items() if name not in inner}
        found += differences(summary, "Dataset")
        found += differences(payload["dataset_type"], "Kind")
        for name in ("records", "runs", "evaluations"):
            found += [text for child in payload[name] for text in differences(child, inner[name])]
    assert found == []


@pytest.mark.parametrize(
    ("path", "status"), [("99999", 404), ("-1", 404), (f"{10**30}", 404), ("x", 422)]
)
def test_what_is_no_dataset_is_not_found(get: Get, path: str, status: int) -> None:
    """Promise: an id that does not exist is 404, one that is no integer 422."""
    assert get(f"/datasets/{path}").status == status


@pytest.mark.parametrize(
    ("field", "types"),
    [
        ("prompt", {str, type(None)}),
        ("input", {str, dict, list, type(None)}),
        ("context", {str, list, type(None)}),
        ("output", {str, dict, list, type(None)}),
        ("golden_answer", {str, dict, list, type(None)}),
        ("updated_at", {str, type(None)}),
        ("user_id", {int, type(None)}),
        ("dataset_id", {int, type(None)}),
    ],
)
def test_polymorphic_fields_take_every_form(field: str, types: set[type]) -> None:
    """Promise: each form that the specification allows occurs in an account of a common size."""
    world = World(records=30, metrics=1, runs=0)
    payloads = [world.payload(dataset_id) or {} for dataset_id in world.dataset_ids()]
    assert {type(record[field]) for record in children(payloads, "records")} == types


@pytest.mark.parametrize(
    "field",
    ["selected_metrics", "column_mappings", "data_collection_id", "org_id", "updated_at", "user"],
)
def test_nullable_fields_of_datasets_are_null_and_not(
    payloads: list[dict[str, Any]], field: str
) -> None:
    """Promise: what may be null is null somewhere, and set elsewhere."""
    assert {payload[field] is None for payload in payloads} == {True, False}


@pytest.mark.parametrize(
    "field", ["dataset", "alias", "user", "dataset_id", "updated_at", "is_gte_threshold"]
)
def test_nullable_fields_of_runs_are_null_and_not(
    payloads: list[dict[str, Any]], field: str
) -> None:
    """Promise: what may be null is null somewhere, and set elsewhere."""
    assert {run[field] is None for run in children(payloads, "runs")} == {True, False}


def test_evaluations_are_those_of_the_most_recent_api_dataset_run(world: World) -> None:
    """Promise: evaluations are of one run: the newest of source API and type DATASET, if any."""
    kinds = Counter[str]()
    for dataset_id in world.dataset_ids():
        payload = world.payload(dataset_id) or {}
        shown = {evaluation["run_id"] for evaluation in payload["evaluations"]}
        served = [
            run
            for run in payload["runs"]
            if run["run_source"]["name"] == "API" and run["run_type"]["name"] == "DATASET"
        ]
        if not shown:
            assert not served or not payload["records"]
            kinds["none"] += 1
            continue
        (run_id,) = shown
        listed = {run["id"] for run in payload["runs"]}
        if run_id not in listed:
            assert payload["user"]["id"] != 7
            kinds["another user's"] += 1
            continue
        newest = max(served, key=lambda run: (run["created_at"], run["id"]))
        assert run_id == newest["id"]
        older = any(run["created_at"] > newest["created_at"] for run in payload["runs"])
        kinds["with newer runs of other kinds" if older else "plain"] += 1
    assert set(kinds) == {"none", "another user's", "with newer runs of other kinds", "plain"}


def test_runs_are_the_users_own(payloads: list[dict[str, Any]]) -> None:
    """Promise: runs lists your runs on the dataset, also where the dataset is somebody else's."""
    owners = {run["user"]["id"] for run in children(payloads, "runs") if run["user"]}
    assert owners == {7}


def test_results_follow_from_the_evaluations(world: World) -> None:
    """Promise: verdicts agree with scores, and a run's means are those of its evaluations."""
    names = {1: "ans_corr", 2: "ans_rel", 8: "tone", 13: "rouge", 15: "exact_match", 3: "faith"}
    checked = 0
    for dataset_id in world.dataset_ids():
        payload = world.payload(dataset_id) or {}
        scores: dict[int, list[float]] = {}
        for evaluation in payload["evaluations"]:
            if evaluation["result"] is None:
                assert evaluation["is_success"] is False
                assert evaluation["is_gte_threshold"] is None
                continue
            assert 0 <= evaluation["result"] <= 100
            scores.setdefault(evaluation["metric_id"], []).append(evaluation["result"])
            if evaluation["is_gte_threshold"] is not None:
                reached = evaluation["result"] >= evaluation["threshold"]
                assert evaluation["is_gte_threshold"] is reached
        for run in payload["runs"]:
            if payload["evaluations"] and run["id"] == payload["evaluations"][0]["run_id"]:
                everything = [score for column in scores.values() for score in column]
                assert run["result"] == pytest.approx(sum(everything) / len(everything), abs=6e-5)
                for metric_id, column in scores.items():
                    if metric_id in names:
                        mean = sum(column) / len(column)
                        told = run["aggregate_results"][names[metric_id]]
                        assert told == pytest.approx(mean, abs=6e-5)
                        checked += 1
    assert checked > 40


def test_deterministic_metrics_cost_nothing_and_name_no_model() -> None:
    """Promise: only judges have a model, tokens and a cost, which comes in both forms."""
    world = World(records=4, metrics=8, runs=1)
    payloads = [world.payload(dataset_id) or {} for dataset_id in world.dataset_ids()]
    free = {"evaluation_cost", "input_tokens", "output_tokens", "model_slug"}
    costs = set()
    for evaluation in children(payloads, "evaluations"):
        nulls = {name for name in free if evaluation[name] is None}
        assert nulls in (set(), free)
        assert (evaluation["metric_id"] in {11, 12, 13, 14, 15, 16, 17}) == bool(nulls)
        costs.add(type(evaluation["evaluation_cost"]))
    assert costs == {str, float, type(None)}


@pytest.mark.parametrize("shape", ["old", "new"])
def test_the_two_shapes_differ_as_the_public_pages_do(shape: str) -> None:
    """Promise: `shape` says whether newer fields are there; older ones have no null owners."""
    is_new = shape == "new"
    world = World(records=3, metrics=4, runs=1, shape="new" if is_new else "old")
    payloads = [world.payload(dataset_id) or {} for dataset_id in world.dataset_ids()]
    assert {"author_email" in payload for payload in payloads} == {is_new}
    evaluations = children(payloads, "evaluations")
    assert {"eval_metadata" in evaluation for evaluation in evaluations} == {is_new}
    assert {"credits_consumed" in evaluation for evaluation in evaluations} >= {True}
    numbers = {type(evaluation["evaluation_cost"]) for evaluation in evaluations}
    assert (float in numbers) == (not is_new)
    assert any(payload["user"] is None for payload in payloads) == is_new
    with Sandbox(world) as sandbox:
        partial = ask(sandbox, "/datasets/all-partial").json
    assert {"user" in item for item in partial} == {is_new}


def test_organization_only_resources_have_no_owner(payloads: list[dict[str, Any]]) -> None:
    """Promise: where user is null, org_id is set, and no child names a user."""
    ownerless = [payload for payload in payloads if payload["user"] is None]
    assert ownerless
    for payload in ownerless:
        assert payload["org_id"] is not None
        assert {record["user_id"] for record in payload["records"]} == {None}
        assert {run["user"] for run in payload["runs"]} == {None}


def test_ids_are_unique_and_children_belong_together(payloads: list[dict[str, Any]]) -> None:
    """Promise: no id occurs twice in the account, and evaluations refer to records that exist."""
    for name in ("records", "runs", "evaluations"):
        ids = [child["id"] for child in children(payloads, name)]
        assert len(ids) == len(set(ids))
    for payload in payloads:
        record_ids = {record["id"] for record in payload["records"]}
        assert {evaluation["record_id"] for evaluation in payload["evaluations"]} <= record_ids


def test_some_names_are_hostile(payloads: list[dict[str, Any]]) -> None:
    """Promise: names that look like SQL, markup, paths or formulas occur, right-to-left too."""
    names = " ".join(payload["name"] for payload in payloads)
    for part in ("drop table", "<script>", "../..", "=HYPERLINK", '"golden"', "🧪", "مراجعة"):
        assert part in names


def test_structured_text_keeps_its_digits() -> None:
    """Promise: JSON that a record carries is served digit for digit, trailing zeros included."""
    world = World(records=40, metrics=1, runs=0)
    bodies = b"".join(world.body(dataset_id) or b"" for dataset_id in world.dataset_ids())
    assert b'"net": 12000.00' in bodies
