"""The listings read whole, over real sockets, while datasets come and go between the pages."""

import json

import pytest
from scripted_api import Asked, Reply, always, in_turn

from aegis_etl.api.errors import NotUsable
from aegis_etl.api.listing import read_pages, read_partial, read_type_ids


class Account:
    """Datasets, newest first, paged as the specification says."""

    def __init__(self, count: int) -> None:
        self.ids = list(range(count, 0, -1))
        self.pages_served = 0
        self.between_pages = lambda _served: None

    def __call__(self, asked: Asked) -> Reply:
        """One page."""
        page, size = int(asked.query["page"]), int(asked.query["page_size"])
        items = [{"id": i, "dataset_type_id": 1} for i in self.ids[(page - 1) * size : page * size]]
        pages = -(-len(self.ids) // size)
        meta = {
            "current_page": page,
            "page_size": size,
            "total_items": len(self.ids),
            "items_on_page": len(items),
            "total_pages": pages,
            "has_next": page < pages,
            "has_previous": page > 1,
            "next_page": page + 1 if page < pages else None,
            "previous_page": page - 1 if page > 1 else None,
        }
        self.pages_served += 1
        self.between_pages(self.pages_served)
        return Reply(body=json.dumps({"items": items, "meta": meta}).encode())


@pytest.mark.parametrize(("count", "size"), [(0, 10), (1, 1), (10, 10), (11, 10), (25, 10)])
def test_every_page_is_read_once(serve, connect, count, size):
    """All datasets, no page too many, and the reading is whole."""
    account = Account(count)
    reading = read_pages(connect(serve(account)), page_size=size)
    assert list(reading.summaries) == account.ids
    assert reading.whole
    assert account.pages_served == max(-(-count // size), 1)


def test_the_query_says_what_was_asked_for(serve, connect):
    """Type and sharing are sent when given, and left out when not."""
    api = serve(Account(1))
    client = connect(api)
    read_pages(client, page_size=7)
    read_pages(client, page_size=7, dataset_type_id=3, shared=True)
    assert [asked.query for asked in api.asked] == [
        {"page": "1", "page_size": "7"},
        {"page": "1", "page_size": "7", "dataset_type_id": "3", "shared": "true"},
    ]


@pytest.mark.parametrize("change", ["insert", "delete"])
def test_pages_that_shift_once_are_read_again(serve, connect, change):
    """A dataset inserted or deleted between two pages: all is read again, none missing or twice."""
    account = Account(30)

    def shift(served):
        if served == 1 and change == "insert":
            account.ids.insert(0, 31)
        elif served == 1:
            account.ids.remove(28)

    account.between_pages = shift
    reading = read_pages(connect(serve(account)), page_size=10)
    assert sorted(reading.summaries) == sorted(account.ids)
    assert reading.whole


def test_pages_that_keep_shifting_prove_nothing(serve, connect):
    """After three more readings the union is taken, and the reading is not whole."""
    account = Account(30)

    def shift(served):
        account.ids.insert(0, 30 + served)

    account.between_pages = shift
    api = serve(account)
    reading = read_pages(connect(api), page_size=10)
    assert set(range(1, 31)) <= reading.summaries.keys()
    assert not reading.whole
    assert [asked.query["page"] for asked in api.asked].count("1") == 1 + 3


@pytest.mark.parametrize("total", [2, 4])
def test_totals_that_disagree_prove_nothing(serve, connect, total):
    """Three items where the pages count two or four: all three are kept, but prove no absence."""
    page = {
        "items": [{"id": i} for i in (1, 2, 3)],
        "meta": {"total_items": total, "has_next": False},
    }
    api = serve(always(Reply(body=json.dumps(page).encode())))
    reading = read_pages(connect(api), page_size=10)
    assert list(reading.summaries) == [1, 2, 3]
    assert not reading.whole
    assert len(api.asked) == 4


def test_a_server_that_ignores_the_page_is_left(serve, connect):
    """The same page for ever, each with a next one, ends."""
    page = {"items": [{"id": 1}, {"id": 2}], "meta": {"total_items": 4, "has_next": True}}
    api = serve(always(Reply(body=json.dumps(page).encode())))
    reading = read_pages(connect(api), page_size=2)
    assert list(reading.summaries) == [1, 2]
    assert not reading.whole


def test_items_are_read_leniently(serve, connect):
    """Only an integer id is relied on: unknown fields, nulls, lone surrogates and NaN are fine."""
    body = rb'[{"id": 1, "name": "\ud800", "org_id": NaN}, {"id": 2, "name": null}, {"id": 3}]'
    reading = read_partial(connect(serve(always(Reply(body=body)))))
    assert list(reading.summaries) == [1, 2, 3]
    assert reading.whole


@pytest.mark.parametrize(
    "item",
    [
        "{}",
        "null",
        "7",
        '{"id": "7"}',
        '{"id": 7.0}',
        '{"id": true}',
        '{"id": null}',
        '{"id": 9223372036854775808}',
    ],
)
def test_an_item_without_usable_id_is_counted(serve, connect, item):
    """What it is nobody knows, so that the reading proves no absence."""
    body = f'[{{"id": 1}}, {item}]'.encode()
    reading = read_partial(connect(serve(always(Reply(body=body)))))
    assert (list(reading.summaries), reading.whole, reading.unusable) == ([1], False, 1)


@pytest.mark.parametrize("body", [b"{}", b'"x"', b"null", b'{"items": 1, "meta": {}}'])
def test_json_of_another_shape_is_no_listing(serve, connect, body):
    """It is asked for again, and if that does not help it is an error, never an empty listing."""
    api = serve(always(Reply(body=body)))
    with pytest.raises(NotUsable):
        read_partial(connect(api, max_attempts=2))
    with pytest.raises(NotUsable):
        read_pages(connect(api, max_attempts=2), page_size=10)
    assert len(api.asked) == 4


def test_a_page_of_another_shape_is_asked_for_again(serve, connect):
    """One garbled page costs one more request."""
    good = json.dumps({"items": [{"id": 1}], "meta": {"total_items": 1, "has_next": False}})
    api = serve(in_turn(Reply(body=b"[]"), Reply(body=good.encode())))
    assert read_pages(connect(api), page_size=10).whole
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    "body", [b'[{"id": 1, "name": "CUSTOM"}, {"id": 5}]', b'{"items": [{"id": 1}, {"id": 5}]}']
)
def test_type_ids_are_read_in_both_shapes(serve, connect, body):
    """Objects with an id, bare or under items."""
    assert read_type_ids(connect(serve(always(Reply(body=body))))) == [1, 5]
