"""What exists, told by the sandbox over a real socket, on good and bad nights."""

import pytest

from aegis_etl.api.clock import SystemClock
from aegis_etl.api.errors import ApiDown, KeyRefused, NotAegis, ServerFailed
from aegis_etl.errors import SyncStoppedError
from aegis_etl.extract.listing import list_datasets
from aegis_etl.sandbox import Faults

CUSTOM = 1


def _ids(world, **where):
    return set(world.dataset_ids(**where))


def test_the_custom_type_is_listed_without_being_asked_for(world, emulate, connect):
    """Without configured types: all datasets of the custom type and the partial list, no others."""
    listing = list_datasets(connect(emulate()), page_size=7, type_ids=())
    proprietary = _ids(world, dataset_type_id=2)
    assert _ids(world, dataset_type_id=CUSTOM) <= listing.entries.keys()
    assert not proprietary & listing.entries.keys()
    assert listing.types_listed == [CUSTOM]
    assert listing.whole_types == {CUSTOM}
    assert listing.custom_whole
    assert listing.whole
    assert listing.errors == []
    assert all(
        listing.entries[i].is_custom and listing.entries[i].dataset_type_id == CUSTOM
        for i in _ids(world, dataset_type_id=CUSTOM)
    )


@pytest.mark.parametrize("type_ids", [(2, 3), "all"])
def test_configured_types_are_listed_too(world, emulate, connect, type_ids):
    """Each configured type, or all that the API names, is listed whole."""
    listing = list_datasets(connect(emulate()), page_size=7, type_ids=type_ids)
    assert listing.entries.keys() == _ids(world)
    assert listing.types_listed == [1, 2, 3]
    assert listing.whole_types == {1, 2, 3}


def test_the_newest_come_first(world, emulate, connect):
    """So that the datasets most likely to change are fetched first."""
    listing = list_datasets(connect(emulate()), page_size=7, type_ids=())
    custom = [i for i in listing.entries if listing.entries[i].is_custom]
    assert custom == [i for i in world.dataset_ids() if i in custom]


def test_what_is_shared_is_known(world, emulate, connect):
    """is_shared is true of just the datasets that shared=true lists."""
    listing = list_datasets(connect(emulate()), page_size=7, type_ids="all")
    foreign = {summary.id for summary in world.summaries() if not world.is_own(summary)}
    assert foreign
    assert {i for i, entry in listing.entries.items() if entry.is_shared} == foreign
    assert {entry.is_shared for entry in listing.entries.values()} == {True, False}


def test_without_organization_nothing_is_shared(emulate, connect, monkeypatch):
    """404 on shared=true is no fault."""
    sandbox = emulate()
    client = connect(sandbox)
    answer = sandbox.answer

    def answer_without_organization(request):
        missing = Faults(always={"*": "404"})
        sandbox.faults = missing if request.query.get("shared") == "true" else Faults()
        return answer(request)

    monkeypatch.setattr(sandbox, "answer", answer_without_organization)
    listing = list_datasets(client, page_size=7, type_ids=())
    assert {entry.is_shared for entry in listing.entries.values()} == {False}
    assert listing.errors == []


@pytest.mark.parametrize("kind", ["500", "403", "422", "garbage"])
def test_unknown_sharing_is_an_error_and_no_end(world, emulate, connect, monkeypatch, kind):
    """When shared=true fails, is_shared is unknown, the error is noted, and all are listed."""
    sandbox = emulate()
    client = connect(sandbox, max_attempts=2)
    answer = sandbox.answer

    def answer_unless_shared(request):
        broken = Faults(always={"*": kind})
        sandbox.faults = broken if request.query.get("shared") == "true" else Faults()
        return answer(request)

    monkeypatch.setattr(sandbox, "answer", answer_unless_shared)
    listing = list_datasets(client, page_size=7, type_ids="all")
    assert listing.entries.keys() == _ids(world)
    assert {entry.is_shared for entry in listing.entries.values()} == {None}
    assert [(error.stage, error.dataset_id) for error in listing.errors] == [("list", None)]
    assert listing.whole


@pytest.mark.parametrize("shift", ["insert", "delete", "both"])
@pytest.mark.parametrize("shifts", [1, 10_000])
def test_shifting_pages_lose_nothing(world, emulate, connect, shift, shifts):
    """Pages that shift while being read: no dataset that stayed is missing; for ever: not whole."""
    before = _ids(world, dataset_type_id=CUSTOM)
    sandbox = emulate(Faults(shift=shift, shifts=shifts))
    listing = list_datasets(connect(sandbox), page_size=5, type_ids=())
    assert before & _ids(world) <= listing.entries.keys()
    if shifts == 1:
        listed = {i for i, entry in listing.entries.items() if entry.is_custom}
        assert listed == _ids(world, dataset_type_id=CUSTOM)
    if shifts > 1 and shift != "both":
        assert not listing.custom_whole
        assert not listing.whole_types
        assert not listing.whole
    assert listing.types_listed == [CUSTOM]
    assert listing.errors == []


@pytest.mark.parametrize("totals", [1, -1])
def test_totals_that_lie_prove_nothing(world, emulate, connect, totals):
    """All datasets are listed, but their listing proves no absence."""
    listing = list_datasets(connect(emulate(Faults(totals=totals))), page_size=5, type_ids=(2,))
    assert _ids(world, dataset_type_id=CUSTOM) <= listing.entries.keys()
    assert not listing.custom_whole
    assert listing.whole_types == frozenset()
    assert listing.types_listed == [1, 2]


@pytest.mark.parametrize(
    ("hidden_from", "where"), [("partial", "only_paged"), ("paged", "only_partial")]
)
def test_a_dataset_that_one_listing_hides_is_listed(world, emulate, connect, hidden_from, where):
    """The union of both listings counts, and their difference is told."""
    hidden = world.dataset_ids(dataset_type_id=CUSTOM)[3]
    plain = list_datasets(connect(emulate()), page_size=5, type_ids=())
    faults = Faults(hide={hidden}, hide_from=(hidden_from,))
    listing = list_datasets(connect(emulate(faults)), page_size=5, type_ids=())
    assert listing.entries.keys() == plain.entries.keys()
    assert set(getattr(listing, where)) - set(getattr(plain, where)) == {hidden}


def test_an_unknown_type_stops_the_sync(emulate, connect):
    """One line names the type and the setting; nothing is closed."""
    with pytest.raises(SyncStoppedError, match=r"AEGIS_DATASET_TYPE_IDS.*99"):
        list_datasets(connect(emulate()), page_size=5, type_ids=(2, 99))


@pytest.mark.parametrize("kind", ["404", "500", "list", "text"])
def test_no_answer_to_all_stops_the_sync(emulate, connect, kind):
    """AEGIS_DATASET_TYPE_IDS=all needs GET /dataset-types; an empty list is an answer."""
    client = connect(emulate(Faults(always={"/dataset-types": kind})), max_attempts=2)
    if kind == "list":
        assert list_datasets(client, page_size=5, type_ids="all").types_listed == [CUSTOM]
        return
    with pytest.raises(SyncStoppedError, match="AEGIS_DATASET_TYPE_IDS=all"):
        list_datasets(client, page_size=5, type_ids="all")


@pytest.mark.parametrize("kind", ["404", "html", "redirect", "text", "garbage"])
def test_another_server_is_no_aegis(emulate, connect, kind):
    """A base URL that answers, but not as Aegis does, is named with its setting."""
    client = connect(emulate(Faults(always={"*": kind})), max_attempts=2)
    with pytest.raises(NotAegis, match="AEGIS_BASE_URL"):
        list_datasets(client, page_size=5, type_ids=())


def test_a_refused_key_ends_the_listing_at_once(emulate, connect):
    """One request, one clear line."""
    sandbox = emulate()
    with pytest.raises(KeyRefused, match="AEGIS_API_KEY"):
        list_datasets(connect(sandbox, api_key="sk_wrong"), page_size=5, type_ids="all")
    assert len(sandbox.log) == 1


@pytest.mark.parametrize("path", ["/datasets", "/datasets/all-partial"])
def test_half_a_listing_is_none(emulate, connect, path):
    """When one of the two listings stays down, the sync ends: nothing is decided on the other."""
    client = connect(emulate(Faults(always={path: "500"})), max_attempts=2)
    with pytest.raises(ServerFailed):
        list_datasets(client, page_size=5, type_ids=())


class FastClock(SystemClock):
    """A clock on which all that happens seems to take a hundred times as long as it does."""

    def monotonic(self):
        """Seconds that only ever grow."""
        return 100 * super().monotonic()

    def sleep(self, seconds, until):
        """Waits so long, or until the event is set."""
        super().sleep(seconds / 100, until)


def test_an_api_that_only_times_out_is_down(emulate, connect):
    """Nothing answered for a minute or two: the sync stops instead of trying on."""
    sandbox = emulate(Faults(always={"*": "slow"}, delay=3600))
    client = connect(sandbox, FastClock(), timeout_seconds=0.6)
    with pytest.raises(ApiDown):
        list_datasets(client, page_size=5, type_ids=())
    assert len(sandbox.log) <= 3


def test_transient_faults_change_nothing(world, emulate, connect):
    """With every third answer broken the listing is the same, and whole."""
    sandbox = emulate(Faults(rate=0.3, retry_after=0.01))
    listing = list_datasets(connect(sandbox, max_attempts=20), page_size=3, type_ids="all")
    assert listing.entries.keys() == _ids(world)
    assert listing.whole
    assert listing.errors == []


def test_an_item_without_id_is_an_error(emulate, connect):
    """A dataset that nobody can ask for is named as such, and its type proves no absence."""
    sandbox = emulate(Faults(times={"/datasets": ("wrong-types", 1)}))
    listing = list_datasets(connect(sandbox), page_size=50, type_ids=())
    assert listing.whole
    sandbox.faults = Faults(always={"/datasets": "wrong-types"})
    listing = list_datasets(connect(sandbox), page_size=50, type_ids=())
    assert not listing.custom_whole
    assert [(error.stage, error.dataset_id) for error in listing.errors] == [("list", None)]
