"""Raw parts: whole or not there, in order, exactly what was received."""

import hashlib
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aegis_etl.lake.raw import (
    RAW_SCHEMA,
    RawRow,
    RawWriter,
    list_parts,
    read_landed,
    read_rows,
    remove_damaged_parts,
    write_part,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def received(dataset_id: int, payload: bytes = b"{}", *, minutes: int = 0) -> RawRow:
    """A row whose payload was received whole."""
    return RawRow(
        dataset_id=dataset_id,
        status="ok",
        http_status=200,
        attempts=1,
        sha256=hashlib.sha256(payload).hexdigest(),
        payload=payload,
        bytes=len(payload),
        fetched_at=NOON + timedelta(minutes=minutes),
        error=None,
    )


def failed(dataset_id: int, *, minutes: int = 0) -> RawRow:
    """A row of a dataset that failed."""
    when = NOON + timedelta(minutes=minutes)
    return RawRow(dataset_id, "failed", 500, 6, None, None, None, when, "it failed")


rows = st.builds(
    RawRow,
    dataset_id=st.integers(-(2**63), 2**63 - 1),
    status=st.sampled_from(["ok", "unchanged", "missing", "failed"]),
    http_status=st.none() | st.integers(100, 599),
    attempts=st.integers(1, 100),
    sha256=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    payload=st.none() | st.binary(max_size=50),
    bytes=st.none() | st.integers(0, 2**40),
    fetched_at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  hypothesis wants naive bounds
        lambda when: when.replace(tzinfo=UTC)
    ),
    error=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@settings(max_examples=30)
@given(written=st.lists(rows, min_size=1, max_size=8))
def test_what_was_written_is_read(
    written: list[RawRow], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A part gives back its rows, in order, every field as it was."""
    part = tmp_path_factory.mktemp("raw") / "part-00001.parquet"
    write_part(part, written)
    assert [RawRow(**row) for row in read_rows(part, columns=RAW_SCHEMA.names)] == written


def test_the_columns_are_the_contracts(tmp_path: Path) -> None:
    """Any reader of Parquet finds the columns that the contract names."""
    write_part(tmp_path / "part-00001.parquet", [received(1)])
    described = duckdb.sql(f"describe from '{tmp_path}/*.parquet'").fetchall()
    names = "dataset_id status http_status attempts sha256 bytes fetched_at error payload"
    assert [name for name, *_ in described] == names.split()


def test_a_part_is_whole_or_not_there(tmp_path: Path) -> None:
    """When ``on_part`` is told of a part it is whole on disk, private, and no part is half-done."""
    seen: list[tuple[str, int]] = []

    def look(part: Path, landed: Sequence[RawRow]) -> None:
        assert pq.read_metadata(part).num_rows == len(landed)
        assert part.stat().st_mode & 0o777 == 0o600
        assert not list(tmp_path.glob("*.part"))
        seen.append((part.name, len(landed)))

    with RawWriter(tmp_path, look, part_bytes=100, part_seconds=3600) as writer:
        for dataset_id in range(5):
            writer.append(received(dataset_id, b"x" * 60))
    assert seen == [(f"part-{n:05d}.parquet", size) for n, size in ((1, 2), (2, 2), (3, 1))]


def test_a_row_is_not_kept_waiting(tmp_path: Path) -> None:
    """A row is on disk after ``part_seconds`` though no other follows it."""
    landed = threading.Event()
    with RawWriter(tmp_path, lambda *_: landed.set(), part_seconds=0.05) as writer:
        writer.append(received(1))
        assert landed.wait(600)
        assert len(list_parts(tmp_path)) == 1


def test_an_exception_lands_what_is_left(tmp_path: Path) -> None:
    """When the fetch ends in an error, what it brought is landed all the same."""
    with suppress(KeyboardInterrupt), RawWriter(tmp_path, lambda *_: None) as writer:
        writer.append(received(1))
        raise KeyboardInterrupt
    assert set(read_landed(tmp_path)) == {1}


@pytest.mark.parametrize("where", ["before_part", "on_part"])
def test_a_failure_reaches_who_appends(tmp_path: Path, where: str) -> None:
    """An error of the writing thread is raised from ``append``, and nothing waits for ever."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    hooks = {"before_part": lambda: None, "on_part": lambda *_: None, where: refuse}

    def write_many() -> None:
        with RawWriter(tmp_path, part_bytes=1, **hooks) as writer:
            for dataset_id in range(50):
                writer.append(received(dataset_id))

    with pytest.raises(OSError, match="No space"):
        write_many()


def test_parts_go_on_counting(tmp_path: Path) -> None:
    """A continued sync adds parts and never overwrites one."""
    for dataset_id in (1, 2):
        with RawWriter(tmp_path, lambda *_: None) as writer:
            writer.append(received(dataset_id))
    assert [part.name for part in list_parts(tmp_path)] == [
        "part-00001.parquet",
        "part-00002.parquet",
    ]


def test_of_two_rows_the_newer_counts(tmp_path: Path) -> None:
    """Of two rows of one dataset the one with the newer ``fetched_at`` counts."""
    write_part(tmp_path / "part-00001.parquet", [failed(1), received(2, minutes=9), failed(3)])
    write_part(tmp_path / "part-00002.parquet", [received(1, minutes=5), failed(2, minutes=3)])
    landed = read_landed(tmp_path)
    assert {i: (part.stem, row.status) for i, (part, row) in landed.items()} == {
        1: ("part-00002", "ok"),
        2: ("part-00001", "ok"),
        3: ("part-00001", "failed"),
    }


@pytest.mark.parametrize("place", [0.3, 0.5, 0.8, -3])
def test_a_damaged_part_is_found(tmp_path: Path, place: float) -> None:
    """A flipped byte anywhere that matters makes a part damaged; the whole ones stay."""
    payloads = [bytes(range(256)) * 20, b'{"id": 2}' * 500]
    for number, payload in enumerate(payloads, start=1):
        write_part(tmp_path / f"part-{number:05d}.parquet", [received(number, payload)])
    [first, second] = list_parts(tmp_path)
    content = bytearray(first.read_bytes())
    offset = int(place * len(content)) if isinstance(place, float) else int(place)
    content[offset] ^= 0xFF
    first.write_bytes(content)
    assert remove_damaged_parts(tmp_path) == [first]
    assert list_parts(tmp_path) == [second]


def test_a_truncated_part_is_found(tmp_path: Path) -> None:
    """A part that lost its end is damaged; an empty file is too."""
    write_part(tmp_path / "part-00001.parquet", [received(1)])
    [part] = list_parts(tmp_path)
    part.write_bytes(part.read_bytes()[:-7])
    (tmp_path / "part-00002.parquet").touch()
    assert len(remove_damaged_parts(tmp_path)) == 2
