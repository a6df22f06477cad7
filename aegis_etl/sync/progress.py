"""Shows how far long work is: a bar on a terminal, plain lines elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

LINE_SECONDS = 10.0

Advance = Callable[[], None]


@contextmanager
def show_progress(title: str, total: int, *, quiet: bool = False) -> Iterator[Advance]:
    """Yields the function to call after each of ``total`` pieces of work."""
    if quiet:
        yield lambda: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)
    else:
        yield _LineProgress(title, total).advance


class _LineProgress:
    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._due = time.monotonic() + LINE_SECONDS

    def advance(self) -> None:
        self._done += 1
        if time.monotonic() >= self._due:
            logger.info("%s: %d of %d", self._title, self._done, self._total)
            self._due = time.monotonic() + LINE_SECONDS
