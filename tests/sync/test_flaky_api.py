"""A night on which the API is slow, rate-limited or half-down: complete, or stopped and said so."""

from collections import Counter
from pathlib import Path

import pytest
from sync_account import SyncedAccount, history_rows, main_rows, served_account

from aegis_etl.api.errors import ApiDown
from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.sandbox.breakage import TRANSIENT
from aegis_etl.sync import SyncRequest, run_sync

LIMIT = 20


def faulty_night_equals_a_good_one(tmp_path: Path, *, datasets: int) -> SyncedAccount:
    """Syncs one world twice, with and without a tenth of all responses failing."""
    world = World(datasets=datasets, records=2, metrics=2, runs=1, proprietary=0)
    kinds = Faults(rate=0.1, seed=6, retry_after=0.5, delay=0.05)  # a seed that plays all kinds
    with served_account(tmp_path / "good", world, page_size=50) as good:
        good.sync()
        minimum = len(good.sandbox.log)
    with served_account(tmp_path / "bad", world, page_size=50) as bad:
        summary = bad.sync(faults=kinds)
        assert (summary.status, summary.exit_status) == ("complete", 0)
        assert summary.datasets_fetched == datasets
        assert main_rows(bad.data_dir) == main_rows(good.data_dir)
        assert history_rows(bad.data_dir) == history_rows(good.data_dir)
        assert summary.requests == len(bad.sandbox.log) <= 2 * minimum
        failed = Counter(served.fault for served in bad.sandbox.log if served.fault)
        assert failed.total() >= 0.07 * len(bad.sandbox.log)
        # What drips slowly arrives all the same; all else is asked for again.
        assert summary.retries == failed.total() - failed["slow"]
        return bad


def test_a_tenth_of_all_responses_may_fail(tmp_path: Path) -> None:
    """With transient faults mixed in, the sync is complete and its rows equal a good night's."""
    faulty_night_equals_a_good_one(tmp_path, datasets=60)


@pytest.mark.long
def test_every_transient_fault_over_three_hundred_datasets(tmp_path: Path) -> None:
    """Every transient kind, a tenth of all responses: complete, within twice the requests."""
    bad = faulty_night_equals_a_good_one(tmp_path, datasets=300)
    assert {served.fault for served in bad.sandbox.log} >= set(TRANSIENT)


def limited_night(tmp_path: Path, datasets: int, limit: float | None) -> tuple[float, float]:
    """A sync of an API that refuses what goes beyond 20 requests a second.

    Args:
        limit: ``AEGIS_MAX_REQUESTS_PER_SECOND``.

    Returns:
        The seconds from the first request to the last, and the share of them that was refused.
    """
    world = World(datasets=datasets, records=1, metrics=1, runs=1, proprietary=0)
    with Sandbox(world, rate_limit=LIMIT) as sandbox:
        account = SyncedAccount(sandbox, tmp_path / "data", max_requests_per_second=limit)
        summary = run_sync(account.settings(), SyncRequest(), now=world.now)
        log = sandbox.log
    assert summary.status == "complete"
    assert summary.datasets_fetched == datasets
    refused = sum(served.status == 429 for served in log)
    return log[-1].time - log[0].time, refused / len(log)


@pytest.mark.long
def test_an_undeclared_limit_is_found(tmp_path: Path) -> None:
    """At 20 requests a second with 429: within 1.5 times what the limit allows, < 15 % refused."""
    datasets = 400
    seconds, refused = limited_night(tmp_path, datasets, None)
    assert 0.9 * datasets / LIMIT <= seconds <= 1.5 * datasets / LIMIT
    assert refused < 0.15


def test_a_declared_limit_is_never_exceeded(tmp_path: Path) -> None:
    """With ``AEGIS_MAX_REQUESTS_PER_SECOND`` declared, no request is refused."""
    _, refused = limited_night(tmp_path, 60, LIMIT)
    assert refused == 0


def test_an_api_that_is_down_ends_the_sync(tmp_path: Path) -> None:
    """When many different datasets fail in a row the sync stops, without asking for all of them."""
    world = World(datasets=120, records=1, metrics=1, runs=1, proprietary=0)
    with served_account(tmp_path / "data", world) as account, pytest.raises(ApiDown) as caught:
        account.sync(faults=Faults(always={"/datasets/*": "503"}))
    assert caught.value.exit_status == 1
    assert len(set(account.asked())) < 60
    assert account.data_dir.published_sync_id() is None


def test_after_an_outage_the_next_sync_goes_on(tmp_path: Path) -> None:
    """What was landed before the API went down is not asked for again when it is back."""
    world = World(datasets=90, records=1, metrics=1, runs=1, proprietary=0)
    ids = world.dataset_ids()
    in_order = {"max_concurrency": 1, "max_attempts": 2}
    with served_account(tmp_path / "data", world, **in_order) as account:
        with pytest.raises(ApiDown):
            account.sync(faults=Faults(always=dict.fromkeys(ids[40:], "503")))
        first = {int(path.rpartition("/")[2]) for path in account.asked() if path[-1].isdigit()}
        summary = account.sync()
        second = {int(path.rpartition("/")[2]) for path in account.asked() if path[-1].isdigit()}
    assert summary.resumed
    assert summary.status == "complete"
    assert second == set(ids[40:])
    assert first | second == set(ids)
