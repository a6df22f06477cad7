"""What absence proves and when a sync stops: the contract's sentences, and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegis_etl.errors import SyncStoppedError
from aegis_etl.extract.decisions import (
    KnownDataset,
    check_deleted,
    check_failed,
    check_selected,
    check_vanished,
    choose_ids,
    decide_is_shared,
    decide_status,
)
from aegis_etl.extract.listing import ListedDataset, Listing

CUSTOM, PROPRIETARY, UNLISTED = 1, 2, 3


def make_listing(ids=(), *, types=(CUSTOM,), whole=(CUSTOM,), custom_whole=True, is_shared=False):
    """A listing of these datasets, all of the custom type."""
    entries = {i: ListedDataset(i, f"dataset {i}", CUSTOM, True, is_shared) for i in ids}
    return Listing(entries, list(types), frozenset(whole), custom_whole)


def make_known(dataset_id, type_id=CUSTOM, status="ok", is_shared=False):
    """A dataset as published."""
    return KnownDataset(dataset_id, "a" * 64, is_shared, type_id, type_id == CUSTOM, status)


def known_of(*datasets):
    """Known datasets by id."""
    return {dataset.dataset_id: dataset for dataset in datasets}


def status_of(fetched, *, flattened=None, listing, known=None, may_close=True, dataset_id=7):
    """The decision for dataset 7."""
    return decide_status(
        dataset_id, fetched, flattened, listing=listing, known=known, may_close=may_close
    )


def test_all_listed_and_all_known_are_asked_for():
    """Listed ones in the listing's order, then the open ones that it lacks; closed ones are not."""
    known = known_of(
        make_known(9), make_known(5), make_known(4, status="deleted"), make_known(2, UNLISTED)
    )
    assert choose_ids(make_listing([9, 3, 8]), known) == [9, 3, 8, 2, 5]


@pytest.mark.parametrize("flattened", [None, "ok"])
def test_an_answer_is_ok_where_listed(flattened):
    """A listed dataset that answers is ok, one that the listing lacks is not_listed."""
    assert status_of("ok", flattened=flattened, listing=make_listing([7])) == "ok"
    assert status_of("ok", flattened=flattened, listing=make_listing([8])) == "not_listed"
    assert status_of("ok", flattened=flattened, listing=None) == "ok"


def test_an_answer_alone_lists_nothing():
    """A sync of selected datasets lists none: what the last listing lacked stays not_listed."""
    lacking = make_known(7, status="not_listed")
    assert status_of("ok", listing=None, known=lacking, may_close=False) == "not_listed"
    for status in ("ok", "failed", "deleted"):
        known = make_known(7, status=status)
        assert status_of("ok", listing=None, known=known, may_close=False) == "ok"


@pytest.mark.parametrize("flattened", ["partial", "quarantined"])
@pytest.mark.parametrize("listed", [[7], []])
def test_a_payload_that_is_not_whole_says_so(flattened, listed):
    """Listed or not, what flattening found wins."""
    assert status_of("ok", flattened=flattened, listing=make_listing(listed)) == flattened


def test_listed_but_404_is_missing():
    """It is reported, kept, and asked again."""
    assert status_of("missing", listing=make_listing([7]), known=make_known(7)) == "missing"
    assert status_of("missing", listing=None, known=make_known(7), may_close=False) == "missing"


def test_gone_needs_both_proofs():
    """A whole listing of its type lacks it and its endpoint answered 404: deleted."""
    listing = make_listing([8])
    assert status_of("missing", listing=listing, known=make_known(7)) == "deleted"
    assert status_of("failed", listing=listing, known=make_known(7)) == "failed"
    assert status_of("ok", listing=listing, known=make_known(7)) == "not_listed"


def test_a_listing_that_is_not_whole_proves_nothing():
    """Pages that kept shifting close no dataset of their type, but those of another type."""
    shifting = make_listing([8], types=[1, 2], whole=[2], custom_whole=False)
    assert status_of("missing", listing=shifting, known=make_known(7)) == "not_listed"
    assert status_of("missing", listing=shifting, known=make_known(7, PROPRIETARY)) == "deleted"


def test_a_type_that_was_not_asked_for_stays():
    """A listing proves absence only for the types that it asked for."""
    listing = make_listing([8])
    for type_id in (UNLISTED, None):
        assert status_of("missing", listing=listing, known=make_known(7, type_id)) == "not_listed"


def test_a_dataset_that_never_gave_a_payload_can_be_gone():
    """Nothing names its type: all listings were whole and lack it, and it answers 404."""
    unseen = KnownDataset(7, None, None, None, is_custom=False, status="missing")
    shifting = make_listing([8], whole=[], custom_whole=False)

    assert status_of("missing", listing=make_listing([8]), known=unseen) == "deleted"
    assert status_of("missing", listing=shifting, known=unseen) == "not_listed"


def test_a_type_is_told_by_its_id():
    """A payload that calls another type's dataset CUSTOM is not closed by the custom listing."""
    odd = KnownDataset(7, "a" * 64, False, UNLISTED, is_custom=True, status="ok")

    assert status_of("missing", listing=make_listing([8]), known=odd) == "not_listed"


def test_an_emptied_account_still_proves_absence():
    """The custom listing is empty, so that its type's id is not known; its datasets are gone."""
    listing = make_listing([], types=[], whole=[])
    assert status_of("missing", listing=listing, known=make_known(7)) == "deleted"


def test_a_part_of_a_sync_closes_no_dataset():
    """--active and --dataset never close datasets."""
    listing = make_listing([8])
    assert status_of("missing", listing=listing, known=make_known(7), may_close=False) == (
        "not_listed"
    )


@given(
    fetched=st.sampled_from(["ok", "missing", "failed"]),
    flattened=st.sampled_from([None, "ok", "partial", "quarantined"]),
    listed=st.booleans(),
    whole=st.booleans(),
    type_id=st.sampled_from([CUSTOM, PROPRIETARY, UNLISTED, None]),
    is_known=st.booleans(),
    may_close=st.booleans(),
)
def test_nothing_is_closed_without_proof(
    *, fetched, flattened, listed, whole, type_id, is_known, may_close
):
    """Whatever came: deleted means known, not listed, 404, a whole listing of its type, full."""
    listing = make_listing(
        [7] if listed else [8],
        types=[CUSTOM, PROPRIETARY],
        whole=[CUSTOM, PROPRIETARY] if whole else [],
        custom_whole=whole,
    )
    known = make_known(7, type_id) if is_known else None
    status = status_of(
        fetched, flattened=flattened, listing=listing, known=known, may_close=may_close
    )
    proof = not listed and fetched == "missing" and whole and type_id in {CUSTOM, PROPRIETARY}
    assert (status == "deleted") == (proof and is_known and may_close)


@pytest.mark.parametrize(
    ("listed", "before", "expected"),
    [(True, False, True), (False, True, False), (None, True, True), (None, None, None)],
)
def test_sharing_that_is_not_known_stays_as_it_was(listed, before, expected):
    """Only what shared=true told changes is_shared."""
    listing = make_listing([7], is_shared=listed)
    assert decide_is_shared(7, listing, make_known(7, is_shared=before)) is expected
    assert decide_is_shared(7, listing, None) is listed
    assert decide_is_shared(7, None, make_known(7, is_shared=before)) is before


def vanish(kept, gone, *, status="ok", type_id=CUSTOM, fraction=0.5, allow=False):
    """Checks a listing that lacks so many of the known datasets."""
    known = known_of(
        *(make_known(i) for i in range(kept)),
        *(make_known(1000 + i, type_id, status) for i in range(gone)),
    )
    check_vanished(
        make_listing(range(kept)), known, max_deleted_fraction=fraction, allow_mass_delete=allow
    )


@pytest.mark.parametrize(("kept", "gone"), [(9, 1), (5, 5), (1, 1), (0, 0), (3, 0)])
def test_a_plausible_loss_goes_on(kept, gone):
    """Up to AEGIS_MAX_DELETED_FRACTION of the datasets may vanish in a night."""
    vanish(kept, gone)


@pytest.mark.parametrize(("kept", "gone"), [(4, 5), (1, 2), (0, 1), (0, 100)])
def test_a_mass_deletion_stops_the_sync(kept, gone):
    """More than the fraction, or all: the error names the way through, which is then open."""
    with pytest.raises(SyncStoppedError, match="--allow-mass-delete"):
        vanish(kept, gone)
    vanish(kept, gone, allow=True)


def test_an_empty_listing_stops_whatever_the_fraction():
    """Empty when it was not: even a fraction of 1 does not let it through."""
    with pytest.raises(SyncStoppedError):
        vanish(0, 3, fraction=1)
    vanish(1, 3, fraction=1)


@pytest.mark.parametrize(
    "already", [{"type_id": UNLISTED}, {"status": "deleted"}, {"status": "not_listed"}]
)
def test_what_was_not_expected_has_not_vanished(already):
    """Types not asked for, deleted datasets, and those missing from the listing before."""
    vanish(1, 100, **already)


def test_closings_are_bounded_too():
    """Datasets that went missing in small numbers are not closed in one large one."""
    known = known_of(*(make_known(i, status="not_listed") for i in range(10)))
    limits = {"max_deleted_fraction": 0.5, "allow_mass_delete": False}
    check_deleted(range(5), make_listing([]), known, **limits)
    with pytest.raises(SyncStoppedError):
        check_deleted(range(6), make_listing([]), known, **limits)
    check_deleted(range(6), make_listing([]), known, **(limits | {"allow_mass_delete": True}))


@pytest.mark.parametrize(
    ("asked", "fetched", "failed"),
    [(10, 7, 3), (4, 1, 3), (100, 95, 5), (1000, 950, 50), (0, 0, 0), (5, 0, 0), (1, 1, 1)],
)
def test_a_few_failures_are_borne(asked, fetched, failed):
    """Three always, else AEGIS_MAX_FAILED_FRACTION of the datasets asked for."""
    check_failed(asked=asked, fetched=fetched, failed=failed, max_failed_fraction=0.05)


@pytest.mark.parametrize(
    ("asked", "fetched", "failed"), [(10, 6, 4), (100, 94, 6), (1, 0, 1), (3, 0, 3)]
)
def test_too_many_failures_stop_the_sync(asked, fetched, failed):
    """More than the fraction and more than 3, or none fetched: nothing is published."""
    with pytest.raises(SyncStoppedError, match="nothing was published"):
        check_failed(asked=asked, fetched=fetched, failed=failed, max_failed_fraction=0.05)


def test_selected_datasets_that_are_not_there_are_named():
    """Where the API has none of them, each is named; one that is there is enough to go on."""
    check_selected([], asked=2)
    check_selected([7], asked=2)
    with pytest.raises(SyncStoppedError, match=r"no dataset 7, 9.*404.*nothing was published"):
        check_selected([7, 9], asked=2)
