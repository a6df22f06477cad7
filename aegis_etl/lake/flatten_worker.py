"""The flatten process: reads the names of raw parts, answers with their flat tables.

It runs beside the fetch, on the other core. Both pipes carry frames: eight bytes of length, then
that many bytes. It ends when its input does, and within a moment when the process that started it
is gone.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa

from aegis_etl.lake.files import LakePath
from aegis_etl.lake.paths import TABLE_NAMES
from aegis_etl.lake.raw import read_rows
from aegis_etl.tables.drift import FieldShape
from aegis_etl.tables.flatten import Outcome, Payload, flatten_payloads

ORPHAN_SECONDS = 0.2


class FlattenRequest(msgspec.Struct, frozen=True):
    """A raw part to flatten.

    Attributes:
        part: its path.
        is_shared: of each dataset to flatten from it.
    """

    part: str
    is_shared: dict[int, bool | None]


class FlattenAnswer(msgspec.Struct, frozen=True):
    """What became of the payloads of one part; their tables follow as Arrow IPC streams."""

    outcomes: list[Outcome]
    shape: list[FieldShape]


def write_frame(pipe: IO[bytes], content: bytes | pa.Buffer) -> None:
    """Writes one frame."""
    pipe.write(len(content).to_bytes(8, "big"))
    pipe.write(content)


def read_frame(pipe: IO[bytes]) -> bytes | None:
    """Reads one frame; None where the pipe ended before or within it."""
    head = pipe.read(8)
    size = int.from_bytes(head, "big")
    content = pipe.read(size)
    return content if len(head) == 8 and len(content) == size else None


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers each request frame with an answer frame and one frame a table, until input ends."""
    while (frame := read_frame(requests)) is not None:
        request = msgspec.json.decode(frame, type=FlattenRequest)
        batch = flatten_payloads(list(read_payloads(Path(request.part), request.is_shared)))
        write_frame(answers, msgspec.json.encode(FlattenAnswer(batch.outcomes, batch.shape)))
        for name in TABLE_NAMES:
            write_frame(answers, _encode_table(batch.tables[name]))
        answers.flush()


def read_payloads(part: LakePath, is_shared: Mapping[int, bool | None]) -> Iterator[Payload]:
    """The payloads of one raw part, of the datasets that ``is_shared`` names."""
    for row in read_rows(part, columns=["dataset_id", "status", "payload"]):
        dataset_id, body = row["dataset_id"], row["payload"]
        if row["status"] == "ok" and body is not None and dataset_id in is_shared:
            yield Payload(dataset_id, body, is_shared[dataset_id])


def _encode_table(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def end_with(parent: int) -> None:
    """Ends this process when its parent is no longer that one.

    The end of input says so too, but only to who reads, and a large payload takes long to flatten.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHAN_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="orphan-watch", daemon=True).start()


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    try:
        # Not sys.stdout: with PYTHONUNBUFFERED it writes short when a signal comes in between.
        with open(sys.stdout.fileno(), "wb", closefd=False) as answers:
            serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        os._exit(1)  # the usual way out would flush what nobody reads, and complain
    except Exception as error:  # noqa: BLE001  its parent says what that means for the sync
        sys.exit(f"the flatten process failed: {type(error).__name__}: {error}")
