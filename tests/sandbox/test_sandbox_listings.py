"""The two listings, sentence by sentence of the specification."""

import pytest
from plain_http import Get, ask
from specification import differences

from aegis_etl.sandbox import Sandbox, World

ME = 7


def test_partial_listing_is_an_array_of_ids_and_names_newest_first(get: Get, world: World) -> None:
    """Promise: `GET /datasets/all-partial` lists every non-proprietary dataset, newest first."""
    answer = get("/datasets/all-partial")
    assert answer.status == 200
    assert [problem for item in answer.json for problem in differences(item, "Partial")] == []
    custom = world.dataset_ids(dataset_type_id=1)
    assert [item["id"] for item in answer.json] == custom
    created = [world.payload(dataset_id)["created_at"] for dataset_id in custom]
    assert [text[:19] for text in created] == sorted((text[:19] for text in created), reverse=True)


def test_partial_listing_has_other_types_but_never_proprietary_ones() -> None:
    """Promise: non-proprietary datasets of other types are in the partial listing only."""
    world = World(datasets=3, proprietary=2, generated=2, records=1)
    with Sandbox(world) as sandbox:
        partial = {item["id"] for item in ask(sandbox, "/datasets/all-partial").json}
        paged = {item["id"] for item in ask(sandbox, "/datasets").json["items"]}
    assert partial == set(world.dataset_ids(1)) | set(world.dataset_ids(3))
    assert paged == set(world.dataset_ids(1))


def test_paged_listing_defaults_to_ten_of_the_custom_type(get: Get, world: World) -> None:
    """Promise: page 1, ten a page, custom type when omitted; items and meta as specified."""
    answer = get("/datasets")
    assert answer.status == 200
    assert set(answer.json) == {"items", "meta"}
    assert [item["id"] for item in answer.json["items"]] == world.dataset_ids(1)[:10]
    assert differences(answer.json["meta"], "Meta") == []
    assert [found for item in answer.json["items"] for found in differences(item, "Dataset")] == []
    assert answer.json == get("/datasets?page=1&page_size=10&dataset_type_id=1").json


@pytest.mark.parametrize(("size", "pages"), [(1, 40), (7, 6), (40, 1), (10_000, 1)])
def test_pages_cover_the_listing_once_and_meta_says_where(get: Get, size: int, pages: int) -> None:
    """Promise: the pages in order hold every item once, and meta follows from page and size."""
    seen: list[int] = []
    for page in range(1, pages + 1):
        content = get(f"/datasets?page={page}&page_size={size}").json
        ids = [item["id"] for item in content["items"]]
        seen += ids
        assert content["meta"] == {
            "current_page": page,
            "page_size": size,
            "total_items": 40,
            "items_on_page": len(ids),
            "total_pages": pages,
            "has_next": page < pages,
            "has_previous": page > 1,
            "next_page": page + 1 if page < pages else None,
            "previous_page": page - 1 if page > 1 else None,
        }
    assert len(seen) == len(set(seen)) == 40


def test_a_page_beyond_the_last_is_empty(get: Get) -> None:
    """Promise: beyond the last page there are no items, and no next page."""
    content = get("/datasets?page=99").json
    assert content["items"] == []
    assert content["meta"]["items_on_page"] == 0
    assert content["meta"]["has_next"] is False
    assert content["meta"]["previous_page"] == 98


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "page=",
        "page_size=0",
        "page_size=10001",
        "page_size=ten",
        "dataset_type_id=custom",
        "shared=maybe",
        f"search={'x' * 256}",
    ],
)
def test_invalid_parameters_are_answered_with_422(get: Get, query: str) -> None:
    """Promise: page from 1, page_size from 1 to 10000, typed parameters; else 422 with details."""
    answer = get(f"/datasets?{query}")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["query", query.partition("=")[0]]


def test_the_bounds_of_page_size_are_accepted(get: Get) -> None:
    """Promise: page_size 1 and 10000 are valid, and a search of 255 characters is."""
    assert get("/datasets?page_size=1").status == 200
    assert get("/datasets?page_size=10000").status == 200
    assert get(f"/datasets?search={'x' * 255}").json["items"] == []


def test_a_type_id_lists_that_type_and_an_unknown_one_is_not_found(get: Get, world: World) -> None:
    """Promise: `dataset_type_id` lists only that type; 404 for a type that does not exist."""
    content = get("/datasets?dataset_type_id=2").json
    assert [item["id"] for item in content["items"]] == world.dataset_ids(2)
    assert {item["dataset_type_id"] for item in content["items"]} == {2}
    assert get("/datasets?dataset_type_id=99").status == 404


def test_dataset_types_lists_the_valid_type_ids(get: Get) -> None:
    """Promise: `GET /dataset-types` answers objects with at least `id`, each valid as a filter."""
    types = get("/dataset-types").json
    assert {kind["name"] for kind in types} >= {"CUSTOM", "PROPRIETARY"}
    assert all(get(f"/datasets?dataset_type_id={kind['id']}").status == 200 for kind in types)


def test_dataset_types_can_be_missing(world: World) -> None:
    """Promise: an API without `GET /dataset-types` can be emulated."""
    with Sandbox(world, dataset_types=False) as sandbox:
        assert ask(sandbox, "/dataset-types").status == 404


@pytest.mark.parametrize("path", ["/datasets/all-partial?", "/datasets?page_size=100&"])
def test_shared_splits_what_can_be_accessed(get: Get, world: World, path: str) -> None:
    """Promise: shared=false is one's own, shared=true the others', omitted both."""

    def ids(suffix: str) -> set[int]:
        content = get(path + suffix).json
        return {item["id"] for item in (content if isinstance(content, list) else content["items"])}

    owners = {dataset.id: dataset.user for dataset in world.summaries()}
    mine, others, all_ = ids("shared=false"), ids("shared=true"), ids("")
    assert mine
    assert others
    assert mine | others == all_
    assert not mine & others
    assert all(owners[dataset_id].id == ME for dataset_id in mine)
    assert all(owners[dataset_id] is None or owners[dataset_id].id != ME for dataset_id in others)


def test_shared_is_not_found_without_an_organization() -> None:
    """Promise: shared=true answers 404 when the key's user belongs to no organization."""
    world = World(records=1, organization=False)
    with Sandbox(world) as sandbox:
        assert ask(sandbox, "/datasets?shared=true").status == 404
        assert ask(sandbox, "/datasets/all-partial?shared=true").status == 404
        assert ask(sandbox, "/datasets?shared=false").status == 200
        assert {
            item["org_id"] for item in ask(sandbox, "/datasets?page_size=99").json["items"]
        } == {None}


def test_search_finds_names_whatever_their_case(get: Get, world: World) -> None:
    """Promise: `search` keeps the datasets whose name contains it."""
    found = {item["id"] for item in get("/datasets?search=SUPPORT_qa&page_size=99").json["items"]}
    assert found == {
        dataset.id
        for dataset in world.summaries()
        if "support_qa" in dataset.name and dataset.dataset_type_id == 1
    }
    assert found


@pytest.mark.parametrize(
    "path", ["/datasets/all-partial", "/datasets", "/datasets/5", "/dataset-types"]
)
@pytest.mark.parametrize("authorization", ["", "Bearer sk_wrong", "Basic abc", "sk_5a4d0b0c"])
def test_without_the_right_key_the_answer_is_401(get: Get, path: str, authorization: str) -> None:
    """Promise: authentication failures are 401 with a JSON body, whatever else is asked."""
    answer = get(f"{path}?page=0", Authorization=authorization)
    assert answer.status == 401
    assert "detail" in answer.json


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_anything_but_get_is_refused(sandbox: Sandbox, method: str) -> None:
    """Promise: the endpoints are read with GET; other methods are 405."""
    assert ask(sandbox, "/datasets", method=method).status == 405


@pytest.mark.parametrize(
    "path", ["/runs/1", "/", "/datasets/1/records", "//elsewhere", "//datasets"]
)
def test_unknown_paths_are_not_found(get: Get, path: str) -> None:
    """Promise: nothing exists beside the documented endpoints."""
    assert get(path).status == 404
