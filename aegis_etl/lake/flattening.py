"""Raw parts to lake tables, in a process beside the fetch."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import msgspec
import pyarrow as pa

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.files import LakePath, local_copy
from aegis_etl.lake.flatten_worker import FlattenAnswer, FlattenRequest, read_frame, write_frame
from aegis_etl.lake.paths import TABLE_NAMES
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.tables.drift import FieldShape, merge_shapes
from aegis_etl.tables.flatten import Outcome

logger = logging.getLogger(__name__)

MOST_OUTSTANDING = 3
DIED = "the flatten process died: nothing was published; run the sync again, which continues"
KILLED = "the system killed the process that flattened it, most likely for want of memory"


@dataclass
class Flattened:
    """What flattening said of the payloads of a sync."""

    outcomes: list[Outcome] = field(default_factory=list)
    shape: list[FieldShape] = field(default_factory=list)

    def add(self, outcomes: Iterable[Outcome], shape: Iterable[FieldShape]) -> None:
        """Takes in what was said of further payloads."""
        self.outcomes.extend(outcomes)
        self.shape = merge_shapes([*self.shape, *shape])


class _KilledError(AegisEtlError):
    """The system killed the flatten process."""


class Flattener:
    """Flattens landed parts in a process of its own and appends their rows to the lake's tables.

    At most three parts are outstanding, so memory follows the parts and not the account. Use as a
    context manager; leaving it ends the process.

    Args:
        isolates: where the system kills the process, ``finish`` goes on without it, a payload at a
            time over the part in question: one that gets its process killed again is quarantined.

    Raises:
        OSError: from ``submit`` or ``finish``, if a table could not be written.
        AegisEtlError: likewise, if the process died.
    """

    def __init__(self, writer: LakeWriter, *, isolates: bool = True) -> None:
        self._writer = writer
        self._isolates = isolates
        self._flattened = Flattened()
        self._room = threading.Semaphore(MOST_OUTSTANDING)
        self._requests: list[FlattenRequest] = []
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

    def submit(self, part: LakePath, is_shared: Mapping[int, bool | None]) -> None:
        """Asks for the payloads of one part; waits while three parts are outstanding.

        Args:
            part: a whole raw part.
            is_shared: of each dataset to flatten from it; others are left alone.
        """
        self._ask(FlattenRequest(str(local_copy(part)), dict(is_shared)))

    def finish(self) -> Flattened:
        """Waits for every submitted part and returns what became of its payloads."""
        if self._process and self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._reader.join()
        self._raise_failure()
        if unanswered := self._requests[self._answered :]:
            self._raise_if_final()
            self._isolate(unanswered[0])
            self._flatten_anew(unanswered[1:])
        return self._flattened

    def _ask(self, request: FlattenRequest) -> None:
        process = self.start()
        self._room.acquire()
        self._raise_failure()
        self._requests.append(request)
        assert process.stdin is not None  # noqa: S101  it was opened as a pipe
        try:
            write_frame(process.stdin, msgspec.json.encode(request))
            process.stdin.flush()
        except BrokenPipeError:
            self._reader.join()
            self._raise_failure()
            self._raise_if_final()
            self._room.release()  # for the next one, which will come here too

    def _isolate(self, request: FlattenRequest) -> None:
        """Flattens each payload of a part in a process of its own."""
        logger.warning("%s: %s; trying payload by payload", request.part, KILLED)
        for dataset_id, is_shared in request.is_shared.items():
            alone = FlattenRequest(request.part, {dataset_id: is_shared})
            try:
                self._flatten_anew([alone], isolates=False)
            except _KilledError:
                outcome = Outcome(dataset_id, "quarantined", {}, [], None, [KILLED], [])
                self._flattened.add([outcome], [])

    def _flatten_anew(self, requests: Iterable[FlattenRequest], *, isolates: bool = True) -> None:
        with Flattener(self._writer, isolates=isolates) as anew:
            for request in requests:
                anew._ask(request)
            flattened = anew.finish()
        self._flattened.add(flattened.outcomes, flattened.shape)

    def _raise_if_final(self) -> None:
        """Raises what the end of the process means, unless ``finish`` is to go on without it."""
        if self._process is None or self._process.wait() != -signal.SIGKILL:
            raise AegisEtlError(DIED)
        if not self._isolates:
            raise _KilledError(DIED)

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
                tables = [read_frame(pipe) for _ in TABLE_NAMES]
                if None in tables:  # half an answer is none
                    break
                for name, rows in zip(TABLE_NAMES, tables, strict=True):
                    self._writer.append(name, pa.ipc.open_stream(rows).read_all())
                self._answered += 1
                self._flattened.add(answer.outcomes, answer.shape)
                self._room.release()
        except BaseException as failure:  # noqa: BLE001  raised again in the caller's thread
            self._failure = failure
            self._process.kill()  # it would wait for ever to be read, and submit for it
        finally:
            self._room.release(MOST_OUTSTANDING + 1)
