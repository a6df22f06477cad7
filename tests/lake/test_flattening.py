"""The flatten process: all that was submitted is flattened, or the failure is told."""

import hashlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.flattening import MOST_OUTSTANDING, Flattener
from aegis_etl.lake.paths import TABLE_NAMES, DataDir
from aegis_etl.lake.raw import RawRow, write_part
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.sandbox import World
from aegis_etl.tables.flatten import Outcome

SYNC_ID = "20261124T020000Z"


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Six raw parts of two payloads each."""
    world = World(datasets=12, records=3, metrics=2, runs=1, proprietary=0)
    ids = world.dataset_ids()
    written = []
    for number in range(6):
        part = tmp_path / f"part-{number:05d}.parquet"
        write_part(part, [_row(i, world.body(i) or b"") for i in ids[2 * number : 2 * number + 2]])
        written.append(part)
    return written


def _row(dataset_id: int, body: bytes) -> RawRow:
    digest = hashlib.sha256(body).hexdigest()
    now = datetime.now(UTC)
    return RawRow(dataset_id, "ok", 200, 1, digest, body, len(body), now, None)


def ids_of(part: Path) -> dict[int, bool | None]:
    """The datasets of a part, none of them shared."""
    ids = pq.read_table(part, columns=["dataset_id"])["dataset_id"].to_pylist()
    return dict.fromkeys(ids, False)


def flatten_parts(
    root: Path,
    parts: list[Path],
    meanwhile: Callable[[LakeWriter], None] = lambda _: None,
    *,
    isolates: bool = True,
) -> list[Outcome]:
    """Flattens parts into a lake below ``root``, and does something after the first of them."""
    with (
        LakeWriter(DataDir(root), SYNC_ID) as lake,
        Flattener(lake, isolates=isolates) as flattener,
    ):
        for number, part in enumerate(parts):
            flattener.submit(part, ids_of(part) if part.stat().st_size > 20 else {1: None})
            if number == 0:
                meanwhile(lake)
        outcomes = flattener.finish().outcomes
        lake.commit()
    return outcomes


def test_everything_submitted_is_flattened(tmp_path: Path, parts: list[Path]) -> None:
    """Every payload of every part has an outcome, and its rows are in the lake's files."""
    data_dir = DataDir(tmp_path / "data")
    with LakeWriter(data_dir, SYNC_ID) as lake, Flattener(lake) as flattener:
        for part in parts:
            flattener.submit(part, ids_of(part))
        flattened = flattener.finish()
        rows = lake.commit()
    assert [outcome.state for outcome in flattened.outcomes] == ["ok"] * 12
    for name in TABLE_NAMES:
        expected = sum(outcome.rows[name] for outcome in flattened.outcomes)
        assert pq.read_metadata(data_dir.table_of(SYNC_ID, name)).num_rows == expected == rows[name]


def test_only_those_asked_for_are_flattened(tmp_path: Path, parts: list[Path]) -> None:
    """Payloads of a part that are not named are left alone."""
    [wanted, _] = ids_of(parts[0])
    with LakeWriter(DataDir(tmp_path), SYNC_ID) as lake, Flattener(lake) as flattener:
        flattener.submit(parts[0], {wanted: True})
        flattened = flattener.finish()
    assert [outcome.dataset_id for outcome in flattened.outcomes] == [wanted]


def test_nothing_submitted_starts_no_process(tmp_path: Path) -> None:
    """A night on which nothing changed pays for no process, and has empty tables."""
    data_dir = DataDir(tmp_path)
    before = children()
    with LakeWriter(data_dir, SYNC_ID) as lake, Flattener(lake) as flattener:
        assert flattener.finish().outcomes == []
        assert lake.commit() == dict.fromkeys(TABLE_NAMES, 0)
        assert children() <= before
    assert pq.read_metadata(data_dir.table_of(SYNC_ID, "runs")).num_rows == 0


def children() -> set[int]:
    """The processes that this one has started and not yet ended."""
    return {child.pid for child in psutil.Process().children()}


def count_lake_rows(root: Path) -> dict[str, int]:
    """Rows a table in the lake below ``root``."""
    paths = {name: DataDir(root).table_of(SYNC_ID, name) for name in TABLE_NAMES}
    return {name: pq.read_metadata(path).num_rows for name, path in paths.items()}


def test_a_killed_process_loses_nothing(tmp_path: Path, parts: list[Path]) -> None:
    """Where the flatten process is killed once, another goes on: each payload counts once."""
    before = children()

    def kill_it(_: LakeWriter) -> None:
        [worker] = children() - before
        os.kill(worker, signal.SIGKILL)

    outcomes = flatten_parts(tmp_path, parts, kill_it)
    assert sorted(o.dataset_id for o in outcomes) == sorted(i for p in parts for i in ids_of(p))
    assert {outcome.state for outcome in outcomes} == {"ok"}
    expected = {name: sum(outcome.rows[name] for outcome in outcomes) for name in TABLE_NAMES}
    assert count_lake_rows(tmp_path) == expected
    assert children() <= before


WORKER_THAT_DIES = """
import os, signal, sys
from aegis_etl.lake import flatten_worker

flatten_all = flatten_worker.flatten_payloads

def flatten_or_die(payloads):
    if {deadly} in [payload.dataset_id for payload in payloads]:
        os.kill(os.getpid(), signal.SIGKILL)
    return flatten_all(payloads)

flatten_worker.flatten_payloads = flatten_or_die
with open(1, "wb", closefd=False) as answers:
    flatten_worker.serve(sys.stdin.buffer, answers)
"""


@pytest.fixture
def deadly(tmp_path: Path, parts: list[Path], monkeypatch: pytest.MonkeyPatch) -> int:
    """A dataset in the middle, whose payload gets the process that flattens it killed."""
    [dataset_id, _] = ids_of(parts[2])
    script, python = tmp_path / "worker.py", tmp_path / "python"
    script.write_text(WORKER_THAT_DIES.format(deadly=dataset_id))
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}"\n')
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    return dataset_id


def test_a_payload_that_is_too_much_fails_alone(
    tmp_path: Path, parts: list[Path], deadly: int
) -> None:
    """One that gets its process killed again and again is quarantined, with why; all others go."""
    outcomes = {outcome.dataset_id: outcome for outcome in flatten_parts(tmp_path, parts)}
    assert sorted(outcomes) == sorted(i for part in parts for i in ids_of(part))
    failed = outcomes.pop(deadly)
    assert (failed.state, failed.rows) == ("quarantined", {})
    assert "memory" in failed.errors[0]
    assert {outcome.state for outcome in outcomes.values()} == {"ok"}
    assert count_lake_rows(tmp_path)["datasets"] == len(outcomes)


@pytest.mark.usefixtures("deadly")
def test_nothing_is_left_out_where_all_is_wanted(tmp_path: Path, parts: list[Path]) -> None:
    """Who asks not to isolate is told of the kill instead, and no table is named."""
    with pytest.raises(AegisEtlError, match="flatten process died"):
        flatten_parts(tmp_path, parts, isolates=False)
    assert list(DataDir(tmp_path).lake_of(SYNC_ID).iterdir()) == []


def test_a_silent_end_is_no_success(
    tmp_path: Path, parts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that takes its input and answers nothing is a failure, not an empty success."""
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec >&-\nexec cat >/dev/null\n")
    silent.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(silent))
    with pytest.raises(AegisEtlError, match="flatten process died"):
        flatten_parts(tmp_path, parts[:1])


def test_a_table_that_cannot_be_written_is_told(
    tmp_path: Path, parts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the writing thread is raised as it is, though the process goes on answering."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def fill_the_disk(lake: LakeWriter) -> None:
        monkeypatch.setattr(lake, "append", refuse)

    with pytest.raises(OSError, match="No space"):
        flatten_parts(tmp_path, parts, fill_the_disk)
    assert len(parts) > MOST_OUTSTANDING
    assert list(DataDir(tmp_path).lake_of(SYNC_ID).iterdir()) == []


def test_a_damaged_part_is_told(tmp_path: Path) -> None:
    """A part that cannot be read ends the process, and that is told."""
    bad = tmp_path / "part-00001.parquet"
    bad.write_bytes(b"no Parquet")
    with pytest.raises(AegisEtlError, match="flatten process died"):
        flatten_parts(tmp_path, [bad])
