"""SIGKILL at any moment: nothing lost, nothing made up, and a reader sees a whole warehouse."""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from killed_sync import SyncProcess
from sync_account import SyncedAccount, history_rows, main_rows, served_account

from aegis_etl.sandbox import World

# The stages to kill in, and about how many seconds each lasts for an account this small.
DURATIONS = {"fetch": 0.15, "flatten": 0.6, "fold": 1.5, "publish": 0.08}

READER_QUESTION = """
    select
        (select max(sync_id) from meta.syncs),
        (select count(*) from meta.syncs),
        (select count(*) from main.datasets),
        (select count(*) from main.records),
        (select count(*) from main.runs),
        (select count(*) from history.evaluations),
        (select sum(result::decimal(18, 6)) from main.evaluations where is_latest)
"""


class Reader:
    """Asks the published warehouse in a loop, over a new connection each time."""

    def __init__(self, account: SyncedAccount) -> None:
        self._path = account.data_dir.warehouse
        self._ended = threading.Event()
        self.answers: dict[str, set[tuple[Any, ...]]] = {}
        self.questions = 0
        self.errors: list[Exception] = []
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._ended.is_set():
            try:
                with duckdb.connect(self._path, read_only=True) as connection:
                    [(sync_id, *answer)] = connection.execute(READER_QUESTION).fetchall()
                self.answers.setdefault(sync_id, set()).add(tuple(answer))
                self.questions += 1
            except Exception as error:  # noqa: BLE001  any error at all is a broken promise
                self.errors.append(error)
            self._ended.wait(0.2)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads while it lasts."""
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()


def kill_syncs(tmp_path: Path, *, kills: int, seed: int) -> Counter[str]:
    """Kills so many syncs at random moments, each followed by one that completes.

    Beside it, a second data directory is synced at the same times and never killed; after each
    round both hold the same.

    Returns:
        How many kills hit each stage.
    """
    chance = random.Random(seed)
    world = World(datasets=8, records=3, metrics=2, runs=2, proprietary=0)
    hits: Counter[str] = Counter()
    with (
        served_account(tmp_path / "killed", world) as account,
        served_account(tmp_path / "never-killed", world) as spared,
    ):
        account.sync()
        spared.sync()
        reader = Reader(account)
        with reader.reading():
            for turn in range(kills):
                live(world, chance, turn)
                stage = list(DURATIONS)[turn % len(DURATIONS)]
                hits[kill_one(account, stage, chance)] += 1
                assert account.sync().status == "complete"
                spared.sync()
                assert main_rows(account.data_dir) == main_rows(spared.data_dir)
        assert history_rows(account.data_dir) == history_rows(spared.data_dir)
    assert reader.errors == []
    assert reader.questions > kills
    assert all(len(answers) == 1 for answers in reader.answers.values())
    assert_nothing_left_over(account)
    return hits


def kill_one(account: SyncedAccount, stage: str, chance: random.Random) -> str:
    """Kills one sync some time after it began a stage; returns the stage that it was in."""
    process = SyncProcess(account)
    process.wait_for(stage)
    time.sleep(chance.uniform(0, DURATIONS[stage]))
    return process.kill()


def live(world: World, chance: random.Random, turn: int) -> None:
    """Something happens: now and then a whole day, else a run here and an edit there."""
    if turn % 10 == 9:
        world.live_night()
        return
    ids = world.dataset_ids(dataset_type_id=1)
    world.add_run(chance.choice(ids))
    edited = chance.choice(ids)
    record_id = chance.choice(world.record_ids(edited))
    world.edit_record(edited, record_id, golden_answer=f"as of turn {turn}")


def assert_nothing_left_over(account: SyncedAccount) -> None:
    """No half-done sync or file is left, and every file that a manifest names is what it says."""
    data_dir = account.data_dir
    assert data_dir.unfinished_sync_ids() == []
    assert list(data_dir.building.iterdir()) == []
    assert not list(data_dir.root.rglob("*.part"))
    for sync_id in data_dir.whole_sync_ids():
        for name, digest in account.manifest(sync_id).files.items():
            content = (data_dir.root / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest


def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    """Killed in each stage once, the warehouse ends equal to one that was never killed."""
    hits = kill_syncs(tmp_path, kills=len(DURATIONS), seed=1)
    assert hits.total() == len(DURATIONS)
    assert hits["done"] < len(DURATIONS)


@pytest.mark.long
def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    """At least 200 kills, spread over extract, flatten, fold and publish; all as never killed."""
    hits = kill_syncs(tmp_path, kills=240, seed=2)
    print(f"kills by stage: {dict(hits)}")
    killed = {stage: count for stage, count in hits.items() if stage != "done"}
    assert sum(killed.values()) >= 200
    assert min(killed[stage] for stage in DURATIONS) >= 20
