"""The sandbox on a real socket: HTTP/1.1 with keep-alive, a thread for each connection."""

import math
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from gzip import compress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self, cast

from aegis_etl.sandbox.breakage import break_response
from aegis_etl.sandbox.control import CONTROL_PREFIX, control
from aegis_etl.sandbox.delivery import deliver
from aegis_etl.sandbox.faults import Faults, Mischief
from aegis_etl.sandbox.http import API_PREFIX, Request, Response, problem, read_request
from aegis_etl.sandbox.ratelimit import RateLimit
from aegis_etl.sandbox.routes import Api
from aegis_etl.sandbox.world import World

DEFAULT_API_KEY = "sk_5a4d0b0c5a4d0b0c5a4d0b0c5a4d0b0c"
_LARGEST_REQUEST = 1 << 20
_RATE_LIMITED = "rate limit"


@dataclass(frozen=True, slots=True)
class Served:
    """One request that the sandbox answered."""

    method: str
    path: str  # below /api/v1
    query: str
    status: int  # as sent; 0 when the connection was reset instead
    fault: str | None  # its kind, or "rate limit"
    time: float  # seconds since 1970, when the request had been read


class Sandbox:
    """Serves a world on 127.0.0.1 while its `with` block lasts.

    `port` 0 takes a free one. `latency_ms` passes before each answer. Beyond `rate_limit` requests
    a second (`burst` at once, null: as many as in a second) the answer is 429, with Retry-After in
    whole seconds if `retry_after`. With `gzip`, bodies are compressed for clients that accept it.
    Without `dataset_types`, `GET /dataset-types` does not exist. `faults` and `latency_ms` may be
    replaced at any time.
    """

    def __init__(
        self,
        world: World,
        faults: Faults | None = None,
        *,
        port: int = 0,
        latency_ms: float = 0,
        rate_limit: float | None = None,
        api_key: str = DEFAULT_API_KEY,
        burst: float | None = None,
        retry_after: bool = True,
        gzip: bool = False,
        dataset_types: bool = True,
    ) -> None:
        self.world = world
        self.api_key = api_key
        self.latency_ms = latency_ms
        self._mischief = Mischief(faults or Faults(), world)
        self._api = Api(world, api_key, has_dataset_types=dataset_types)
        self._limit = RateLimit(rate_limit, burst) if rate_limit else None
        self._sends_retry_after = retry_after
        self._compressed = lru_cache(256)(lambda body: compress(body, 1)) if gzip else None
        self._port = port
        self._log: list[Served] = []
        self._log_lock = Lock()
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.close()
            self._server = None

    @property
    def base_url(self) -> str:
        """What a client takes as base URL. Raises RuntimeError outside of the `with` block."""
        if self._server is None:
            raise RuntimeError("the sandbox serves within its `with` block only")
        return f"http://127.0.0.1:{self._server.server_port}{API_PREFIX}"

    @property
    def faults(self) -> Faults:
        """What goes wrong from now on; replacing it starts counting requests anew."""
        return self._mischief.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._mischief = Mischief(faults, self.world)

    @property
    def log(self) -> list[Served]:
        """The requests so far, those of `/_sandbox/…` left out, in order of arrival."""
        with self._log_lock:
            return list(self._log)

    def answer(self, request: Request) -> Response:
        """What a request is answered with, faults included, and logged."""
        if request.path.startswith(CONTROL_PREFIX) and not request.below_api:
            return control(self, request)
        arrived = time.time()
        response, fault = self._answer_or_fail(request, arrived)
        served = Served(
            request.method, request.path, request.query_text, response.status, fault, arrived
        )
        with self._log_lock:
            self._log.append(served)
        return self._encoded(request, response)

    def _answer_or_fail(self, request: Request, now: float) -> tuple[Response, str | None]:
        if self._limit and (wait := self._limit.wait_for(time.monotonic())):
            after = {"Retry_After": str(math.ceil(wait))} if self._sends_retry_after else {}
            return problem(429, "Too many requests.", **after), _RATE_LIMITED
        mischief = self._mischief

        def whole() -> Response:
            mischief.before(request)
            return mischief.retold(request, self._api.answer(request, mischief.listed))

        kind = mischief.kind_for(request)
        if kind is None:
            return whole(), None
        return break_response(kind, whole, mischief.faults, now), kind

    def _encoded(self, request: Request, response: Response) -> Response:
        accepted = request.headers.get("accept-encoding", "")
        if not self._compressed or "gzip" not in accepted or "Content-Encoding" in response.headers:
            return response
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return Response(
            response.status,
            self._compressed(response.body),
            headers,
            response.content_type,
            response.delivery,
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, _Handler)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def shutdown_request(self, request: object) -> None:
        """Closes a connection without the half-close that would turn a reset into a clean end."""
        connection = cast("socket.socket", request)
        with self._lock:
            self._connections.discard(connection)
        connection.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no news."""

    def close(self) -> None:
        """Ends the connections that clients keep alive, and the listening socket."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def _answer(self) -> None:
        sandbox = self.server.sandbox
        headers = {name.lower(): value for name, value in self.headers.items()}
        size = int(headers.get("content-length", 0))
        body = self.rfile.read(min(size, _LARGEST_REQUEST))
        self.close_connection |= size > _LARGEST_REQUEST
        response = sandbox.answer(read_request(self.command, self.path, headers, body))
        if sandbox.latency_ms:
            time.sleep(sandbox.latency_ms / 1000)
        if not deliver(response, self.connection, delay=sandbox.faults.delay):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815 # the base class looks these up

    def log_message(self, *_: object) -> None:
        """The log is `Sandbox.log`."""
