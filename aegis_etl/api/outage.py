"""Notices that the API is plainly down, so that nobody retries ten thousand times."""

import threading

from aegis_etl.api.errors import ApiDown

GIVEN_UP_IN_ROW = 25
STARVED_IN_ROW = 2
SILENT_SECONDS = 100.0
SILENT_PATHS = 5


class OutageWatch:
    """Counts failures in a row over all workers; any good answer ends the row.

    The API counts as down when 25 different requests were given up in a row, or two after a quarter
    of an hour of nothing but 429 each, or when it has answered none for 100 seconds although five
    different ones (one, if it never answered any) were tried. One dataset that always fails is no
    outage.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered = False
        self._failing_since: float | None = None
        self._failing_paths: set[str] = set()
        self._given_up: set[str] = set()

    def record_answer(self) -> None:
        """The API answered a request as it should."""
        with self._lock:
            self._answered = True
            self._failing_since = None
            self._failing_paths.clear()
            self._given_up.clear()

    def record_failure(self, path: str, *, started: float, now: float) -> None:
        """One try failed.

        Raises:
            ApiDown: it was one too many.
        """
        with self._lock:
            if self._failing_since is None or started < self._failing_since:
                self._failing_since = started
            self._failing_paths.add(path)
            enough = SILENT_PATHS if self._answered else 1
            silent = now - self._failing_since
            if silent >= SILENT_SECONDS and len(self._failing_paths) >= enough:
                raise _api_down(path, f"it has answered nothing for {silent:.0f} seconds")

    def record_given_up(self, path: str, *, starved: bool) -> None:
        """All tries of one request failed; ``starved`` if they brought nothing but 429.

        Raises:
            ApiDown: it was one too many.
        """
        with self._lock:
            self._given_up.add(path)
            if len(self._given_up) >= (STARVED_IN_ROW if starved else GIVEN_UP_IN_ROW):
                raise _api_down(path, f"{len(self._given_up)} different requests failed in a row")


def _api_down(path: str, why: str) -> ApiDown:
    return ApiDown(f"The API is down: {why}. Run the sync again later.", path=path)
