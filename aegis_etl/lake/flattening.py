"""Raw parts to lake tables, in a process beside the fetch."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import pyarrow as pa

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.flatten_worker import FlattenAnswer, FlattenRequest, read_frame, write_frame
from aegis_etl.lake.paths import TABLE_NAMES
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.tables.drift import FieldShape, merge_shapes
from aegis_etl.tables.flatten import Outcome

MOST_OUTSTANDING = 3
DIED = "the flatten process died: nothing was published; run the sync again, which continues"


@dataclass
class Flattened:
    """What flattening said of the payloads of a sync."""

    outcomes: list[Outcome] = field(default_factory=list)
    shape: list[FieldShape] = field(default_factory=list)


class Flattener:
    """Flattens landed parts in a process of its own and appends their rows to the lake's tables.

    At most three parts are outstanding, so memory follows the parts and not the account. Use as a
    context manager; leaving it ends the process.

    Raises:
        OSError: from ``submit`` or ``finish``, if a table could not be written.
        AegisEtlError: likewise, if the process died.
    """

    def __init__(self, writer: LakeWriter) -> None:
        self._writer = writer
        self._flattened = Flattened()
        self._room = threading.Semaphore(MOST_OUTSTANDING)
        self._submitted = 0
        self._answered = 0
        self._failure: BaseException | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread(target=self._read_answers, name="flattener", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(BrokenPipeError):
                    if pipe:
                        pipe.close()

    def start(self) -> subprocess.Popen[bytes]:
        """Starts the process if it is not running: it is then ready when the first part is."""
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603  our own module, by its name
                # -P: a module in the working directory must not stand in for one of ours.
                [sys.executable, "-P", "-m", "aegis_etl.lake.flatten_worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                process_group=0,  # so that Ctrl-C reaches this process alone
            )
            self._reader.start()
        return self._process

    def submit(self, part: Path, is_shared: Mapping[int, bool | None]) -> None:
        """Asks for the payloads of one part; waits while three parts are outstanding.

        Args:
            part: a whole raw part.
            is_shared: of each dataset to flatten from it; others are left alone.
        """
        process = self.start()
        self._room.acquire()
        self._raise_failure()
        self._submitted += 1
        request = FlattenRequest(str(part), dict(is_shared))
        assert process.stdin is not None  # noqa: S101  it was opened as a pipe
        try:
            write_frame(process.stdin, msgspec.json.encode(request))
            process.stdin.flush()
        except BrokenPipeError as broken:
            self._reader.join()
            self._raise_failure()
            raise AegisEtlError(DIED) from broken

    def finish(self) -> Flattened:
        """Waits for every submitted part and returns what became of its payloads."""
        if self._process and self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._reader.join()
        self._raise_failure()
        if self._answered < self._submitted:
            raise AegisEtlError(DIED)
        return self._flattened

    def _raise_failure(self) -> None:
        if isinstance(self._failure, (OSError, AegisEtlError)):
            raise self._failure
        if self._failure:
            raise AegisEtlError(f"flattening failed: {self._failure}") from self._failure

    def _read_answers(self) -> None:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018  started by _start
        pipe = self._process.stdout
        try:
            while (frame := read_frame(pipe)) is not None:
                answer = msgspec.json.decode(frame, type=FlattenAnswer)
                for name in TABLE_NAMES:
                    rows = read_frame(pipe)
                    if rows is None:
                        break
                    self._writer.append(name, pa.ipc.open_stream(rows).read_all())
                else:
                    self._answered += 1
                    self._flattened.outcomes.extend(answer.outcomes)
                    self._flattened.shape = merge_shapes([*self._flattened.shape, *answer.shape])
                    self._room.release()
        except BaseException as failure:  # noqa: BLE001  raised again in the caller's thread
            self._failure = failure
            self._process.kill()  # it would wait for ever to be read, and submit for it
        finally:
            self._room.release(MOST_OUTSTANDING + 1)
