"""Every payload asked for, fetched by several threads; memory follows what is in flight."""

import hashlib
import threading
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Literal

from aegis_etl.api.bodies import check_json
from aegis_etl.api.client import Client
from aegis_etl.api.errors import ApiError, NotFound

WAITING_PAYLOADS = 2


@dataclass(frozen=True)
class Fetched:
    """What ``GET /datasets/{dataset_id}`` brought.

    Attributes:
        status: ``ok`` (JSON was received whole), ``missing`` (404) or ``failed``.
        attempts: requests sent for it.
        body: as received, decompressed; of a failed one the last body that was no JSON, if any.
        sha256: of the body of an ``ok`` one.
        fetched_at: when the answer was there, or given up.
        error: what happened, of all but the ``ok`` ones.
    """

    dataset_id: int
    status: Literal["ok", "missing", "failed"]
    http_status: int | None
    attempts: int
    body: bytes | None
    sha256: str | None
    fetched_at: datetime
    error: str | None


def fetch_details(
    client: Client, dataset_ids: Iterable[int], *, concurrency: int
) -> Generator[Fetched, None, None]:
    """Fetches the payload of each dataset, and yields them as they arrive.

    No more than ``concurrency`` requests are in flight, and only a few payloads more are in memory,
    however many are asked for. Leaving the iterator early closes the client, which ends its waits.

    Raises:
        ApiError: the key died, the account is out of credits, or the API is down.
    """
    waiting = deque(dataset_ids)
    expected = len(waiting)
    workers = min(concurrency, expected)
    crew = _Crew(client, waiting, places=workers + WAITING_PAYLOADS)
    for number in range(workers):
        # Daemons, because one that waits for a slow server must not keep the process alive.
        threading.Thread(target=crew.work, name=f"fetch-{number}", daemon=True).start()
    all_taken = False
    try:
        for _ in range(expected):
            yield crew.take()
            crew.places.release()
        all_taken = True
    finally:
        crew.stop.set()
        crew.places.release(workers + 1)
        if not all_taken:
            client.close()


class _Crew:
    """The threads of one fetch, and what they share."""

    def __init__(self, client: Client, waiting: deque[int], *, places: int) -> None:
        self._client = client
        self._waiting = waiting
        self._finished: SimpleQueue[Fetched | BaseException] = SimpleQueue()
        self.places = threading.Semaphore(places)
        self.stop = threading.Event()

    def work(self) -> None:
        """Fetches one dataset after another, while there are any and places for their payloads."""
        while True:
            self.places.acquire()
            if self.stop.is_set():
                return
            try:
                dataset_id = self._waiting.popleft()
            except IndexError:
                return
            try:
                self._finished.put(_fetch(self._client, dataset_id))
            except BaseException as error:  # noqa: BLE001 (raised again by who waits for it)
                self._finished.put(error)
                return

    def take(self) -> Fetched:
        """The next payload; raises what ended a thread."""
        finished = self._finished.get()
        if isinstance(finished, BaseException):
            raise finished
        return finished


def _fetch(client: Client, dataset_id: int) -> Fetched:
    try:
        answer = client.get(f"/datasets/{dataset_id}", check_json)
    except ApiError as error:
        if error.ends_sync and not _concerns_dataset_alone(error, client):
            raise
        return Fetched(
            dataset_id=dataset_id,
            status="missing" if isinstance(error, NotFound) else "failed",
            http_status=error.http_status,
            attempts=error.attempts,
            body=error.body,
            sha256=None,
            fetched_at=client.clock.now(),
            error=str(error),
        )
    return Fetched(
        dataset_id=dataset_id,
        status="ok",
        http_status=200,
        attempts=answer.attempts,
        body=answer.content,
        sha256=hashlib.sha256(answer.content).hexdigest(),
        fetched_at=client.clock.now(),
        error=None,
    )


def _concerns_dataset_alone(error: ApiError, client: Client) -> bool:
    """A 403 may mean this one dataset: then the same key still gets a listing."""
    if error.http_status != 403:
        return False
    client.get("/datasets", check_json, {"page_size": 1})
    return True
