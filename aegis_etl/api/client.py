"""The one client of the Aegis API: GET only, retried, paced, safe for many threads."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from tenacity import Retrying, retry_if_exception_type

from aegis_etl.api.answers import exchange, raise_for_status
from aegis_etl.api.clock import Clock, SystemClock
from aegis_etl.api.errors import (
    ApiError,
    ClientClosed,
    NotUsable,
    PushedBack,
    TransientError,
)
from aegis_etl.api.outage import OutageWatch
from aegis_etl.api.pressure import Pressure
from aegis_etl.api.retries import Backoff, Patience
from aegis_etl.api.session import open_session
from aegis_etl.errors import SettingsError
from aegis_etl.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What a request brought.

    Attributes:
        content: the body, decoded as asked for.
        attempts: requests sent for it.
    """

    content: T
    attempts: int


@dataclass(frozen=True)
class Traffic:
    """What went over the wire so far.

    Attributes:
        requests: requests sent, the retries among them.
        bytes_received: of all bodies, unpacked.
    """

    requests: int = 0
    retries: int = 0
    bytes_received: int = 0


class Client:
    """Asks the Aegis API, on behalf of all threads of one sync.

    Args:
        settings: the key, the base URL and the limits.
        clock: the time.
        random: numbers from 0 to 1, for jitter.

    Raises:
        SettingsError: there is no key.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        if settings.api_key is None:
            raise SettingsError("AEGIS_API_KEY is not set: put the key (sk_…) there or into .env.")
        self._settings = settings
        self._clock = clock or SystemClock()
        self._random = random
        self._closed = threading.Event()
        self._session = open_session(
            settings.base_url, settings.api_key, connections=settings.max_concurrency
        )
        self._pressure = Pressure(
            max_concurrency=settings.max_concurrency,
            max_requests_per_second=settings.max_requests_per_second,
            monotonic=self._clock.monotonic,
            sleep=self._sleep,
            random=random,
        )
        self._outage = OutageWatch()
        self._traffic = Traffic()
        self._traffic_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Client({self._settings.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every wait at once; threads that wait for their next try get ``ClientClosed``."""
        self._closed.set()
        self._session.close()

    @property
    def traffic(self) -> Traffic:
        """What went over the wire so far."""
        return self._traffic

    @property
    def clock(self) -> Clock:
        """The time that this client goes by."""
        return self._clock

    def get(
        self,
        path: str,
        decode: Callable[[bytes], T],
        params: dict[str, str | int] | None = None,
    ) -> Answer[T]:
        """Gets one resource, trying again while that may help (contract: ``AEGIS_MAX_ATTEMPTS``).

        Args:
            path: below the base URL, such as ``/datasets/3``.
            decode: makes the content from the body; a ``ValueError`` from it is another try.
            params: the query.

        Raises:
            ApiError: one of its kinds; see ``aegis_etl.api.errors``.
        """
        patience = Patience(self._settings.max_attempts, self._clock.monotonic)
        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=patience,
            wait=Backoff(self._random),
            sleep=lambda seconds: self._sleep(seconds, path),
            reraise=True,
        )
        attempts = 0
        try:
            for attempt in retrying:
                with attempt:
                    attempts += 1
                    content = self._try_once(path, decode, params or {}, is_retry=attempts > 1)
        except TransientError as error:
            error.attempts = attempts
            self._outage.record_given_up(path, starved=error.http_status == 429)
            raise
        except ApiError as error:
            error.attempts = attempts
            raise
        return Answer(content, attempts)

    def _try_once(
        self,
        path: str,
        decode: Callable[[bytes], T],
        params: dict[str, str | int],
        *,
        is_retry: bool,
    ) -> T:
        with self._pressure.hold_place(path) as started:
            try:
                content = self._ask(path, decode, params, is_retry=is_retry)
            except PushedBack as error:
                self._pressure.record_pushback(started, error.retry_after)
                raise
            except TransientError:
                self._outage.record_failure(path, started=started, now=self._clock.monotonic())
                raise
            except ApiError:
                self._outage.record_answer()
                self._pressure.record_granted(started)
                raise
            self._outage.record_answer()
            self._pressure.record_granted(started)
            return content

    def _ask(
        self,
        path: str,
        decode: Callable[[bytes], T],
        params: dict[str, str | int],
        *,
        is_retry: bool,
    ) -> T:
        self._check_open(path)
        self._count(requests=1, retries=int(is_retry))
        received = exchange(
            self._session,
            self._settings.base_url + path,
            params,
            path=path,
            timeout_seconds=self._settings.timeout_seconds,
            max_bytes=self._settings.max_payload_bytes,
        )
        self._count(bytes_received=len(received.body))
        raise_for_status(received, path, now=self._clock.now())
        try:
            return decode(received.body)
        except ValueError as error:
            raise NotUsable(
                f"GET {path} answers with {_describe(received.body)} instead of its JSON: {error}",
                path=path,
                http_status=received.status,
                body=received.body,
            ) from error

    def _count(self, *, requests: int = 0, retries: int = 0, bytes_received: int = 0) -> None:
        with self._traffic_lock:
            now = self._traffic
            self._traffic = Traffic(
                now.requests + requests, now.retries + retries, now.bytes_received + bytes_received
            )

    def _sleep(self, seconds: float, path: str) -> None:
        self._clock.sleep(seconds, self._closed)
        self._check_open(path)

    def _check_open(self, path: str) -> None:
        if self._closed.is_set():
            raise ClientClosed(f"GET {path} was given up: the sync ended.", path=path)


def _describe(body: bytes) -> str:
    if not body:
        return "nothing"
    return "an HTML page" if body.lstrip()[:1] == b"<" else "something else"
