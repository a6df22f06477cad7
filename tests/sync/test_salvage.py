"""What an abandoned sync landed is kept: the API may have forgotten its evaluations since."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from killed_sync import SyncProcess
from sync_account import SyncedAccount, served_account

from aegis_etl.errors import SyncStoppedError
from aegis_etl.sandbox import Faults, World

DAY = timedelta(days=1)
FORGOTTEN = "superseded before it was published"


@pytest.fixture(scope="module")
def abandoned_once(
    first_night: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Path]:
    """A world and a data directory whose second sync was killed before it published a new run.

    Since then a further run of the same dataset has superseded that one.
    """
    root = tmp_path_factory.mktemp("abandoned") / "data"
    shutil.copytree(first_night, root, symlinks=True)
    with served_account(root) as account:
        account.world.live_night()
        dataset_id = account.world.dataset_ids(dataset_type_id=1)[0]
        account.world.add_run(dataset_id, alias=FORGOTTEN)
        process = SyncProcess(account, held_before="publish")
        process.wait_for("fold")
        process.kill()
        account.world.live_night()
        account.world.add_run(dataset_id)
    return account.world, root


@pytest.fixture
def abandoned(abandoned_once: tuple[World, Path], tmp_path: Path) -> Iterator[SyncedAccount]:
    """The account with the killed sync."""
    world, root = abandoned_once
    shutil.copytree(root, tmp_path / "data", symlinks=True)
    with served_account(tmp_path / "data", world) as account:
        yield account


def test_forgotten_evaluations_are_kept(abandoned: SyncedAccount) -> None:
    """A killed sync too old to be continued becomes a partial sync, folded before the next one."""
    killed = abandoned.data_dir.sync_ids()[-1]
    summary = abandoned.sync(now=abandoned.world.now + DAY)
    assert (summary.status, summary.resumed) == ("complete", False)
    [(dataset_id, run_id)] = abandoned.rows(
        "select dataset_id, id from main.runs where alias = ?", FORGOTTEN
    )
    scored = len(abandoned.world.evaluations(dataset_id, run_id))
    found = abandoned.rows(
        "select count(*), min(_sync_id), max(_sync_id), bool_and(_valid_to is null)"
        " from history.evaluations where run_id = ?",
        run_id,
    )
    assert scored > 0
    assert found == [(scored, killed, killed, True)]
    [(status, errors)] = abandoned.rows(
        "select status, (select count(*) from meta.sync_errors e where e.sync_id = s.sync_id)"
        " from meta.syncs s where sync_id = ?",
        killed,
    )
    assert (status, errors) == ("partial", 1)
    assert abandoned.data_dir.unfinished_sync_ids() == []


def test_a_salvaged_sync_closes_no_dataset(abandoned: SyncedAccount) -> None:
    """Nobody knows what its listing proved: a dataset that it did not land stays open."""
    killed = abandoned.data_dir.sync_ids()[-1]
    abandoned.sync(now=abandoned.world.now + DAY)
    manifest = abandoned.manifest(killed)
    assert not manifest.listing_whole
    assert manifest.datasets_deleted == 0
    assert set(manifest.ids_listed) == {entry.dataset_id for entry in manifest.datasets}
    assert manifest.requests > 0
    assert manifest.finished_at >= max(e.fetched_at for e in manifest.datasets if e.fetched_at)


def test_a_salvage_may_be_killed_itself(abandoned: SyncedAccount) -> None:
    """A sync that fails after it salvaged leaves the salvaged one to be folded by the next."""
    killed = abandoned.data_dir.sync_ids()[-1]
    later = abandoned.world.now + DAY
    with pytest.raises(SyncStoppedError):
        abandoned.sync(now=later, faults=Faults(hide="all"))
    assert killed in abandoned.data_dir.whole_sync_ids()
    assert abandoned.rows("select count(*) from meta.syncs where sync_id = ?", killed) == [(0,)]
    abandoned.sync(now=later)
    assert abandoned.rows("select count(*) from meta.syncs where sync_id = ?", killed) == [(1,)]


def test_a_sync_that_failed_too_often_loses_nothing(tmp_path: Path) -> None:
    """One that stopped for its failures, and is not continued in time, is salvaged likewise."""
    world = World(datasets=10, records=2, metrics=2, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world, max_attempts=1) as account:
        ids = world.dataset_ids()
        with pytest.raises(SyncStoppedError):
            account.sync(faults=Faults(always=dict.fromkeys(ids[:5], "500")))
        shown = {i: world.shown_run_id(i) for i in ids[5:]}
        for dataset_id in ids:
            world.add_run(dataset_id)
        account.sync(now=world.now + DAY)
        kept = account.rows(
            "select distinct dataset_id, run_id from history.evaluations where not exists"
            " (from main.evaluations e where e.id = evaluations.id and e.is_latest)"
        )
        assert dict(kept) == {i: run for i, run in shown.items() if run is not None}


def test_nothing_landed_leaves_nothing(synced: SyncedAccount) -> None:
    """An abandoned sync that landed no new payload is removed without a trace."""
    process = SyncProcess(synced, held_before="publish")
    process.wait_for("fold")
    process.kill()
    killed = synced.data_dir.sync_ids()[-1]
    later = synced.world.now + DAY
    synced.sync(now=later)
    assert killed not in synced.data_dir.sync_ids()
    assert synced.rows("select count(*) from meta.syncs") == [(2,)]
