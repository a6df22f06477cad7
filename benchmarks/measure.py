"""Runs a contender as a process and measures it: wall time, CPU time, memory of its whole tree."""

import os
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

SAMPLED_EVERY_SECONDS = 0.05


class FailedContenderError(Exception):
    """A contender ended with a status other than 0; says what it printed last."""


class Measurement(msgspec.Struct, frozen=True):
    """One run of one contender.

    Attributes:
        wall_seconds: from its start until it had ended, interpreter and imports included.
        cpu_seconds: of it and every process that it started, in user mode and in the kernel.
        peak_mb: most memory that its processes held at once, in 10^6 bytes: the sum of their
            proportional set sizes. None where it was not sampled.
        output: the last line that it printed.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float | None
    output: str


def measure(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, *, sample_memory: bool
) -> Measurement:
    """Runs a command to its end.

    Args:
        environment: all of it.
        folder: where it runs; it must exist.
        sample_memory: reading a process's memory map slows it, so a run is either timed or sampled.

    Raises:
        FailedContenderError: it failed.
    """
    # What another contender wrote must not reach the disk on this one's time.
    os.sync()
    printed = folder / "printed.txt"
    with printed.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=dict(environment), cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        sampler = _Sampler(process.pid)
        if sample_memory:
            sampler.start()
        # wait4 and not Popen.wait, because it tells the CPU time of this one tree.
        _, status, usage = os.wait4(process.pid, 0)
        ended = time.perf_counter()
        process.returncode = os.waitstatus_to_exitcode(status)
        sampler.stop()
    text = printed.read_text(encoding="utf-8", errors="replace").strip()
    if process.returncode:
        raise FailedContenderError(
            f"{' '.join(command)}: exit {process.returncode}\n{text[-2000:]}"
        )
    return Measurement(
        wall_seconds=ended - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=sampler.peak_bytes / 1e6 if sample_memory else None,
        output=text.rpartition("\n")[2],
    )


class _Sampler:
    def __init__(self, root: int) -> None:
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.peak_bytes = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(SAMPLED_EVERY_SECONDS):
            held = sum(_read_proportional_bytes(pid) for pid in _find_tree(self._root))
            self.peak_bytes = max(self.peak_bytes, held)


def _find_tree(root: int) -> list[int]:
    """A process and all of its descendants, as far as they still have their parents."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            children[_read_parent(int(entry.name))].append(int(entry.name))
    tree = [root]
    for pid in tree:
        tree.extend(children[pid])
    return tree


def _read_parent(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # The second field is the name, in parentheses, and may hold anything.
    return int(fields.rpartition(")")[2].split()[1])


def _read_proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
