"""Readers are never blocked, never see a half, never an old file again."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_nights import Night, Served, sync_id, sync_night

from aegis_etl.lake.paths import DataDir

QUESTION = """
select
    (select max(sync_id) from meta.syncs),
    (select name from datasets),
    (select count(*) from evaluations),
    (select count(*) from history.datasets)
"""

READER = """
import sys, duckdb
for _ in iter(sys.stdin.readline, ""):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        print(connection.execute(sys.argv[2]).fetchone(), flush=True)
"""


def serve(number: int) -> Night:
    """A night whose every count and name is its number's."""
    evaluations = {
        i: {"id": i, "dataset_id": 1, "run_id": 5, "record_id": 1} for i in range(number + 1)
    }
    runs = {5: {"id": 5, "dataset_id": 1}}
    return Night(number, {1: Served({"id": 1, "name": str(number)}, {}, runs, evaluations)})


def answer(number: int) -> tuple[Any, ...]:
    """What the question says of the version of one night."""
    return sync_id(number), str(number), number + 1, number + 1


@pytest.mark.parametrize("nights", [4, pytest.param(50, marks=pytest.mark.long)])
def test_two_readers_through_many_syncs(data_dir: DataDir, nights: int) -> None:
    """One holds its connection and keeps its night; others reconnect and see the new one at once.

    In this process, as a connection pool would, and in another; while syncs go on, every answer
    is of one night and no query fails.
    """
    sync_night(data_dir, serve(0))
    link = str(data_dir.warehouse)
    other = subprocess.Popen(
        [sys.executable, "-c", READER, link, QUESTION],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdin is not None
    assert other.stdout is not None
    stop, answered, answers, failures = threading.Event(), threading.Condition(), set(), []

    def query_all_the_time() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect(link, read_only=True) as connection:
                    answers.add(connection.execute(QUESTION).fetchone())
            except duckdb.Error as failure:
                failures.append(failure)
            with answered:
                answered.notify()

    def wait_for_answer(wanted: tuple[Any, ...]) -> None:
        with answered:
            assert answered.wait_for(lambda: wanted in answers or failures, timeout=600)

    reader = threading.Thread(target=query_all_the_time)
    held = duckdb.connect(link, read_only=True)
    reader.start()
    try:
        for number in range(1, nights):
            sync_night(data_dir, serve(number))
            assert held.execute(QUESTION).fetchone() == answer(0)
            with duckdb.connect(link, read_only=True) as again:
                assert again.execute(QUESTION).fetchone() == answer(number)
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.stdout.readline().strip() == str(answer(number))
            wait_for_answer(answer(number))
    finally:
        stop.set()
        reader.join()
        held.close()
        other.communicate()
    assert failures == []
    assert answers - {answer(0)} == {answer(number) for number in range(1, nights)}


def test_a_lake_reader_needs_no_warehouse(data_dir: DataDir) -> None:
    """The lake's files answer a Parquet reader while versions come and go."""
    for number in range(2):
        sync_night(data_dir, serve(number))
    files = str(Path(data_dir.lake) / "*" / "evaluations.parquet")
    assert duckdb.sql(f"select count(*) from '{files}'").fetchall() == [(3,)]
