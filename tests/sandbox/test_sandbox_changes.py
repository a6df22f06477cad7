"""Scripted changes: each does what it says, and the API shows it at once."""

from typing import Any

import pytest

from aegis_etl.sandbox import World


@pytest.fixture
def world() -> World:
    """A small account without oddities, in the newer shape."""
    return World(datasets=3, records=4, metrics=3, runs=1, shape="new", proprietary=0)


@pytest.fixture
def dataset_id(world: World) -> int:
    """Its newest dataset."""
    return world.dataset_ids()[0]


def payload_of(world: World, dataset_id: int) -> dict[str, Any]:
    """What the API shows of a dataset that exists."""
    payload = world.payload(dataset_id)
    assert payload is not None
    return payload


def shown_run(world: World, dataset_id: int) -> int | None:
    """The run whose evaluations the API shows."""
    shown = {each["run_id"] for each in payload_of(world, dataset_id)["evaluations"]}
    assert len(shown) <= 1
    return next(iter(shown), None)


def test_a_deleted_dataset_is_gone_and_comes_back_as_it_was(world: World, dataset_id: int) -> None:
    """Promise: deleting takes a dataset away, restoring brings back the same bytes."""
    body = world.body(dataset_id)
    world.delete_dataset(dataset_id)
    assert world.body(dataset_id) is None
    assert dataset_id not in world.dataset_ids()
    assert world.deleted_ids() == [dataset_id]
    world.restore_dataset(dataset_id)
    assert world.body(dataset_id) == body
    assert world.dataset_ids()[0] == dataset_id


def test_an_added_dataset_is_the_newest(world: World) -> None:
    """Promise: a new dataset has the name and number of records asked for, no runs, and new ids."""
    added = world.add_dataset(name="quarter end", records=2)
    payload = payload_of(world, added)
    assert world.dataset_ids()[0] == added
    assert payload["name"] == "quarter end"
    assert len(payload["records"]) == 2
    assert payload["runs"] == payload["evaluations"] == []
    others = [payload_of(world, other) for other in world.dataset_ids()[1:]]
    taken = {record["id"] for other in others for record in other["records"]}
    assert not taken & {record["id"] for record in payload["records"]}


def test_renaming_and_sharing_show_in_summary_and_detail(world: World, dataset_id: int) -> None:
    """Promise: name and owner change, `updated_at` with them; sharing can be undone."""
    world.rename_dataset(dataset_id, "new name")
    world.share(dataset_id)
    summary, payload = world.summary(dataset_id), payload_of(world, dataset_id)
    assert payload["name"] == summary.name == "new name"
    assert payload["user"]["id"] != 7
    assert payload["author_email"] == payload["user"]["email"]
    assert payload["updated_at"] is not None
    world.share(dataset_id, shared=False)
    assert payload_of(world, dataset_id)["user"]["id"] == 7


def test_records_are_added_edited_and_deleted(world: World, dataset_id: int) -> None:
    """Promise: fields are as given, an edit moves `updated_at`, evaluations go with records."""
    added = world.add_record(dataset_id, prompt="Why?", output={"a": [1]}, golden_answer=None)
    record = payload_of(world, dataset_id)["records"][-1]
    assert (record["id"], record["prompt"], record["output"]) == (added, "Why?", {"a": [1]})
    first = world.record_ids(dataset_id)[0]
    before = payload_of(world, dataset_id)["records"][0]
    world.pass_time(seconds=60)
    world.edit_record(dataset_id, first, golden_answer=["x"])
    after = payload_of(world, dataset_id)["records"][0]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"golden_answer", "updated_at"}
    assert any(each["record_id"] == first for each in payload_of(world, dataset_id)["evaluations"])
    world.delete_record(dataset_id, first)
    payload = payload_of(world, dataset_id)
    assert first not in {record["id"] for record in payload["records"]}
    assert first not in {each["record_id"] for each in payload["evaluations"]}


def test_a_new_run_takes_the_place_of_the_one_before(world: World, dataset_id: int) -> None:
    """Promise: only the newest API dataset run's evaluations show; the world knows the others."""
    older = shown_run(world, dataset_id)
    assert older is not None
    told = payload_of(world, dataset_id)["evaluations"]
    newer = world.add_run(dataset_id, alias="second")
    payload = payload_of(world, dataset_id)
    assert shown_run(world, dataset_id) == newer
    assert len(payload["evaluations"]) == 4 * 3
    run = next(run for run in payload["runs"] if run["id"] == newer)
    assert run["alias"] == "second"
    assert run["finished_at"] is not None
    remembered = world.evaluations(dataset_id, older)
    assert [(each.id, each.result) for each in remembered] == [(e["id"], e["result"]) for e in told]


@pytest.mark.parametrize("options", [{"source": "WEB"}, {"kind": "DATA_COLLECTION"}])
def test_runs_of_other_kinds_show_no_evaluations(
    world: World, dataset_id: int, options: dict[str, str]
) -> None:
    """Promise: a newer web or collection run is listed, but the API dataset run stays shown."""
    shown = shown_run(world, dataset_id)
    run_id = world.add_run(dataset_id, **options)
    assert run_id in {run["id"] for run in payload_of(world, dataset_id)["runs"]}
    assert shown_run(world, dataset_id) == shown


def test_another_users_run_shows_its_evaluations_only(world: World, dataset_id: int) -> None:
    """Promise: `runs` are your runs; evaluations may belong to somebody else's."""
    run_id = world.add_run(dataset_id, mine=False)
    payload = payload_of(world, dataset_id)
    assert run_id not in {run["id"] for run in payload["runs"]}
    assert shown_run(world, dataset_id) == run_id
    assert {each["user_id"] for each in payload["evaluations"]} != {7}


def test_a_run_fills_in_under_the_same_ids(world: World, dataset_id: int) -> None:
    """Promise: rows come without result and finished_at, and are completed under their ids."""
    run_id = world.add_run(dataset_id, finished=False)
    half = payload_of(world, dataset_id)
    run = next(run for run in half["runs"] if run["id"] == run_id)
    assert (run["finished_at"], run["result"], run["aggregate_results"]) == (None, None, None)
    done = {each["finished_at"] is not None for each in half["evaluations"]}
    assert done == {True, False}
    for each in half["evaluations"]:
        if each["finished_at"] is None:
            assert (each["result"], each["is_success"], each["explanation"]) == (None, None, None)
    world.pass_time(seconds=86_400)
    assert payload_of(world, dataset_id)["evaluations"] == half["evaluations"]
    world.finish_run(dataset_id, run_id)
    whole = payload_of(world, dataset_id)
    assert [each["id"] for each in whole["evaluations"]] == [e["id"] for e in half["evaluations"]]
    assert all(each["finished_at"] for each in whole["evaluations"])
    assert next(run for run in whole["runs"] if run["id"] == run_id)["result"] is not None


def test_a_started_run_goes_on_by_itself(world: World, dataset_id: int) -> None:
    """Promise: a run that started shows more as time passes, until it is finished."""
    world.start_run(dataset_id)
    counts = []
    for _ in range(30):
        evaluations = payload_of(world, dataset_id)["evaluations"]
        counts.append(sum(each["finished_at"] is not None for each in evaluations))
        world.pass_time(seconds=5)
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 12)
    assert len(set(counts)) > 2


def test_deleting_the_shown_run_shows_the_one_before(world: World, dataset_id: int) -> None:
    """Promise: evaluations follow the most recent run that is left."""
    older = shown_run(world, dataset_id)
    newer = world.add_run(dataset_id)
    world.delete_run(dataset_id, newer)
    assert shown_run(world, dataset_id) == older
    assert newer not in world.run_ids(dataset_id)


def test_renaming_a_run_changes_its_alias_alone(world: World, dataset_id: int) -> None:
    """Promise: a run's alias can change after the fact."""
    (run_id,) = world.run_ids(dataset_id)
    before = payload_of(world, dataset_id)["runs"][0]
    world.rename_run(dataset_id, run_id, "kept")
    after = payload_of(world, dataset_id)["runs"][0]
    assert after["alias"] == "kept"
    assert {name for name in before if before[name] != after[name]} == {"alias", "updated_at"}


def test_rescoring_adds_a_newer_evaluation_of_the_same_cell(world: World, dataset_id: int) -> None:
    """Promise: the older evaluation stays, the newer is created later, the run's means follow."""
    again = world.rescore(dataset_id, number=2)
    payload = payload_of(world, dataset_id)
    evaluations = {each["id"]: each for each in payload["evaluations"]}
    assert len(evaluations) == 14
    for new_id in again:
        new = evaluations[new_id]
        cell = (new["record_id"], new["metric_id"])
        older = [e for e in evaluations.values() if (e["record_id"], e["metric_id"]) == cell]
        assert len(older) == 2
        assert new["created_at"] == max(each["created_at"] for each in older)
        assert new["finished_at"] is not None
    newest = {(e["record_id"], e["metric_id"]): e["result"] for e in payload["evaluations"]}
    scores = [score for score in newest.values() if score is not None]
    assert payload["runs"][0]["result"] == pytest.approx(sum(scores) / len(scores), abs=6e-5)


def test_thresholds_and_judges_hold_for_later_runs(world: World, dataset_id: int) -> None:
    """Promise: a moved threshold or another judge shows in the next run, not in the one before."""
    (metric_id, *_) = (int(text) for text in payload_of(world, dataset_id)["selected_metrics"])
    before = payload_of(world, dataset_id)["evaluations"]
    world.set_thresholds(dataset_id, {metric_id: 99})
    world.set_judge(dataset_id, slug="mistral-small-3.2")
    assert payload_of(world, dataset_id)["selected_metrics"][str(metric_id)] == 99
    assert payload_of(world, dataset_id)["evaluations"] == before
    world.add_run(dataset_id)
    after = payload_of(world, dataset_id)["evaluations"]
    assert {e["threshold"] for e in after if e["metric_id"] == metric_id} == {99}
    assert {e["model_slug"] for e in after} <= {"mistral-small-3.2", None}


def test_a_poor_answer_scores_lower(world: World, dataset_id: int) -> None:
    """Promise: when the system under test answers worse, scores follow."""

    def score() -> float:
        payload = payload_of(world, dataset_id)
        return next(
            run["result"] for run in payload["runs"] if run["id"] == world.shown_run_id(dataset_id)
        )

    for record_id in world.record_ids(dataset_id):
        world.answer_anew(dataset_id, record_id, "good")
    world.add_run(dataset_id)
    good = score()
    for record_id in world.record_ids(dataset_id):
        world.answer_anew(dataset_id, record_id, "poor")
    world.add_run(dataset_id)
    assert score() < good - 5


def test_changing_a_fraction_changes_that_many_datasets(world: World) -> None:
    """Promise: `change` lives a night in which so many datasets get a run, and nothing else."""
    before = {dataset_id: world.body(dataset_id) for dataset_id in world.dataset_ids()}
    night = world.change(0.34)
    changed = [dataset_id for dataset_id in before if world.body(dataset_id) != before[dataset_id]]
    assert len(changed) == 1
    assert night.hour == 2
    assert all(run["finished_at"] for run in payload_of(world, changed[0])["runs"])


def test_a_dictated_body_is_served_as_it_is(world: World, dataset_id: int) -> None:
    """Promise: a test can have any bytes served for a dataset, and end it."""
    body = world.body(dataset_id)
    world.dictate(dataset_id, b"{not json")
    assert world.body(dataset_id) == b"{not json"
    world.dictate(dataset_id, None)
    assert world.body(dataset_id) == body


def test_ids_that_do_not_exist_are_key_errors(world: World, dataset_id: int) -> None:
    """Promise: a script with a wrong id fails at once."""
    for wrong in (
        lambda: world.delete_dataset(1),
        lambda: world.restore_dataset(dataset_id),
        lambda: world.add_run(1),
        lambda: world.edit_record(dataset_id, 1, prompt="x"),
        lambda: world.delete_run(dataset_id, 1),
    ):
        with pytest.raises(KeyError):
            wrong()
    assert world.payload(1) is None
