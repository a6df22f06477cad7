"""Absence needs proof: a dataset closes when a whole listing lacks it and its endpoint is 404."""

import json
from pathlib import Path

import pytest
from sync_account import SyncedAccount, history_rows, served_account

from aegis_etl.errors import SyncStoppedError
from aegis_etl.sandbox import Faults, World


def statuses(account: SyncedAccount) -> dict[int, str]:
    """The status of each dataset that was ever asked for."""
    return dict(account.rows("select dataset_id, status from meta.dataset_state"))


def open_ids(account: SyncedAccount) -> set[int]:
    """The datasets that are true now."""
    return {dataset_id for (dataset_id,) in account.rows("select id from main.datasets")}


def test_a_deleted_dataset_closes_with_its_children(synced: SyncedAccount) -> None:
    """Listed no more and 404: the dataset and all its rows close; history keeps them."""
    ids = set(synced.world.dataset_ids())
    gone = synced.world.dataset_ids()[0]
    rows = {table: len(found) for table, found in history_rows(synced.data_dir).items()}
    synced.world.delete_dataset(gone)
    summary = synced.sync()
    assert (summary.status, summary.datasets_deleted) == ("complete", 1)
    assert open_ids(synced) == ids - {gone}
    assert statuses(synced)[gone] == "deleted"
    for table in ("records", "runs", "evaluations"):
        assert synced.rows(f"select count(*) from main.{table} where dataset_id = ?", gone) == [
            (0,)
        ]
    assert {table: len(found) for table, found in history_rows(synced.data_dir).items()} == rows
    synced.asked()
    synced.sync()
    assert f"/datasets/{gone}" not in synced.asked()


def test_a_dataset_that_returns_opens_again(synced: SyncedAccount) -> None:
    """A dataset that comes back gets a new version of what closed with it."""
    before = open_ids(synced)
    back = synced.world.dataset_ids()[0]
    synced.world.delete_dataset(back)
    synced.sync()
    synced.world.restore_dataset(back)
    assert synced.sync().status == "complete"
    assert open_ids(synced) == before
    assert synced.rows("select count(*) from history.datasets where id = ?", back) == [(2,)]


def test_a_listing_alone_closes_nothing(synced: SyncedAccount) -> None:
    """Datasets that both listings lack but that answer stay, ``not_listed``, and exit is 0."""
    before = history_rows(synced.data_dir)
    hidden = synced.world.dataset_ids()[:2]
    summary = synced.sync(faults=Faults(hide=hidden))
    assert (summary.exit_status, summary.datasets_deleted) == (0, 0)
    assert history_rows(synced.data_dir) == before
    assert [statuses(synced)[dataset_id] for dataset_id in hidden] == ["not_listed"] * 2


def test_a_404_alone_closes_nothing(synced: SyncedAccount) -> None:
    """A dataset that is listed but answers 404 is reported, kept, and asked for again."""
    before = history_rows(synced.data_dir)
    odd = synced.world.dataset_ids()[0]
    for _ in range(2):
        synced.asked()
        summary = synced.sync(faults=Faults(always={odd: "404"}))
        assert (summary.exit_status, statuses(synced)[odd]) == (3, "missing")
        assert f"/datasets/{odd}" in synced.asked()
    assert history_rows(synced.data_dir) == before


def test_a_deleted_dataset_in_one_listing_stays(synced: SyncedAccount) -> None:
    """One listing that still holds a dataset is enough to keep it, although it answers 404."""
    kept = synced.world.dataset_ids()[0]
    summary = synced.sync(
        faults=Faults(always={kept: "404"}, hide=[kept], hide_from=("paged",)),
    )
    assert summary.datasets_deleted == 0
    assert kept in open_ids(synced)


def test_totals_that_disagree_prove_no_absence(synced: SyncedAccount) -> None:
    """A listing whose totals never agree with its pages closes nothing that night."""
    gone = synced.world.dataset_ids()[0]
    synced.world.delete_dataset(gone)
    summary = synced.sync(faults=Faults(totals=1))
    assert summary.datasets_deleted == 0
    assert gone in open_ids(synced)
    assert synced.sync().datasets_deleted == 1


@pytest.mark.parametrize(
    "shift",
    [
        pytest.param("insert", marks=pytest.mark.long),
        pytest.param("delete", marks=pytest.mark.long),
        "both",
    ],
)
def test_pages_that_shift_while_being_read(tmp_path: Path, shift: str) -> None:
    """No dataset missing, none twice, none closed but the deleted ones, in both directions."""
    world = World(datasets=20, records=1, metrics=1, runs=1, proprietary=0)
    # What is deleted after it was listed counts as failed, however many there are.
    tolerant = {"max_failed_fraction": 1, "max_deleted_fraction": 1}
    with served_account(tmp_path / "data", world, page_size=4, **tolerant) as account:
        account.sync()
        known = set(world.dataset_ids())
        account.sync(faults=Faults(shift=shift, shifts=9))
        found = [i for (i,) in account.rows("select id from main.datasets")]
        assert len(found) == len(set(found))
        # What appeared while the pages were read may be seen by the next sync only.
        assert set(found) >= known & set(world.dataset_ids())
        account.sync()
        assert open_ids(account) == set(world.dataset_ids())


def test_a_mass_deletion_is_stopped_before_it_fetches(synced: SyncedAccount) -> None:
    """A listing that lost more than half of all datasets: exit 1, nothing asked, nothing closed."""
    ids = synced.world.dataset_ids()
    for dataset_id in ids[:4]:
        synced.world.delete_dataset(dataset_id)
    synced.asked()
    with pytest.raises(SyncStoppedError, match="AEGIS_MAX_DELETED_FRACTION") as caught:
        synced.sync()
    assert caught.value.exit_status == 1
    assert not any(path.startswith("/datasets/1") for path in synced.asked())
    assert open_ids(synced) == set(ids)
    summary = synced.sync(allow_mass_delete=True)
    assert (summary.exit_status, summary.datasets_deleted) == (0, 4)
    assert open_ids(synced) == set(ids[4:])


def test_half_of_the_datasets_may_go(synced: SyncedAccount) -> None:
    """Exactly the allowed fraction is no mass deletion."""
    for dataset_id in synced.world.dataset_ids()[:3]:
        synced.world.delete_dataset(dataset_id)
    assert synced.sync().datasets_deleted == 3


def test_an_empty_listing_is_stopped(synced: SyncedAccount) -> None:
    """A listing that is empty when it was not stops the sync, whatever the fraction."""
    published = synced.data_dir.current.readlink()
    with pytest.raises(SyncStoppedError):
        synced.sync(faults=Faults(hide="all"), max_deleted_fraction=1)
    assert synced.data_dir.current.readlink() == published


def test_an_empty_account_is_no_error(tmp_path: Path) -> None:
    """An account without datasets gives a published, empty warehouse."""
    world = World(datasets=0, records=1, metrics=1, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world) as account:
        assert account.sync().exit_status == 0
        assert open_ids(account) == set()


def test_types_that_are_not_asked_for_stay(tmp_path: Path) -> None:
    """Datasets of a type that is no longer listed stay, ``not_listed``; they are no absence."""
    world = World(datasets=3, records=1, metrics=1, runs=1, proprietary=2)
    proprietary = set(world.dataset_ids()) - set(world.dataset_ids(dataset_type_id=1))
    [type_id] = {json.loads(world.body(i) or b"")["dataset_type_id"] for i in proprietary}
    with served_account(tmp_path / "data", world) as account:
        account.sync(dataset_type_ids=(type_id,))
        assert open_ids(account) == set(world.dataset_ids())
        summary = account.sync()
        assert (summary.exit_status, summary.datasets_deleted) == (0, 0)
        assert open_ids(account) == set(world.dataset_ids())
        assert {statuses(account)[i] for i in proprietary} == {"not_listed"}


def test_an_answer_to_a_selected_sync_lists_nothing(synced: SyncedAccount) -> None:
    """What the last listing lacked stays ``not_listed`` until a listing holds it again."""
    hidden = synced.world.dataset_ids()[0]
    synced.sync(faults=Faults(hide=[hidden]))
    assert synced.sync("selected", dataset_ids=(hidden,)).status == "unchanged"
    synced.world.add_run(hidden)
    assert synced.sync("selected", dataset_ids=(hidden,)).datasets_changed == 1
    assert statuses(synced)[hidden] == "not_listed"
    synced.sync()
    assert statuses(synced)[hidden] == "ok"


def test_a_selected_dataset_that_is_not_there(synced: SyncedAccount) -> None:
    """An id that the API answers with 404, alone: exit 1, the line names it and what to do."""
    published = synced.data_dir.current.readlink()
    with pytest.raises(SyncStoppedError, match="no dataset 424242") as caught:
        synced.sync("selected", dataset_ids=(424242,))
    assert caught.value.exit_status == 1
    assert "Check the id" in str(caught.value)
    assert synced.data_dir.current.readlink() == published
    assert synced.sync().status == "complete"
    assert 424242 not in statuses(synced)


@pytest.mark.parametrize("kind", ["active", "selected"])
def test_a_sync_of_a_part_closes_no_dataset(synced: SyncedAccount, kind: str) -> None:
    """``--active`` and ``--dataset`` never close datasets, although they may see them gone."""
    gone, other = synced.world.dataset_ids()[:2]
    synced.world.delete_dataset(gone)
    synced.world.add_run(other)
    synced.sync(kind, dataset_ids=(gone, other) if kind == "selected" else ())
    assert gone in open_ids(synced)
    [(runs,)] = synced.rows("select count(*) from main.runs where dataset_id = ?", other)
    assert runs == len(synced.world.run_ids(other))


def test_a_part_that_was_fetched_whole_closes_its_children(synced: SyncedAccount) -> None:
    """Within a dataset that ``--dataset`` fetched whole, records and runs that are gone close."""
    dataset_id = synced.world.dataset_ids()[0]
    synced.world.delete_record(dataset_id, synced.world.record_ids(dataset_id)[0])
    synced.sync("selected", dataset_ids=(dataset_id,))
    found = synced.rows("select id from main.records where dataset_id = ?", dataset_id)
    assert {i for (i,) in found} == set(synced.world.record_ids(dataset_id))
