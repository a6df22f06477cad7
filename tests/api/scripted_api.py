"""A real server on a real socket that answers as a test scripts it, request by request."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_0123456789abcdef0123456789abcdef"
STARTED = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)


class MadeUpClock:
    """Sleeping takes no time, but moves this clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return STARTED + timedelta(seconds=self.seconds - 1000.0)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return self.seconds

    def sleep(self, seconds: float, until: threading.Event) -> None:  # noqa: ARG002
        """Moves on by so many seconds."""
        with self._lock:
            self.seconds += seconds
            self.slept.append(seconds)


@dataclass(frozen=True)
class Asked:
    """One request that reached the server."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float
    connection: tuple[str, int]


@dataclass(frozen=True)
class Reply:
    """How one request is answered.

    Attributes:
        length: the Content-Length claimed; None claims the true one, -1 none at all.
        reset: the connection is reset before anything is sent.
        delay: seconds before the answer starts.
        after: an event before which the answer does not start either.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    reset: bool = False
    delay: float = 0.0
    after: threading.Event | None = None


Script = Callable[[Asked], Reply]


class ScriptedApi:
    """Serves below ``base_url`` what ``script`` says, and remembers who asked for what."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._in_flight = 0
        self.most_in_flight = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/api/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

    def _enter(self, asked: Asked) -> None:
        with self._lock:
            self.asked.append(asked)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)

    def _leave(self) -> None:
        with self._lock:
            self._in_flight -= 1

    def _handler(api: "ScriptedApi") -> type[BaseHTTPRequestHandler]:  # noqa: N805 (a closure)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                path = url.path.removeprefix("/api/v1")
                asked = Asked(
                    self.command,
                    path,
                    dict(parse_qsl(url.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    time.monotonic(),
                    self.client_address,
                )
                api._enter(asked)
                try:
                    reply = api.script(asked)
                    time.sleep(reply.delay)
                    if reply.after:
                        reply.after.wait()
                finally:
                    api._leave()  # before the client can know of the answer and ask again
                try:
                    self._answer(reply)
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            do_POST = do_GET  # noqa: N815 (a name that http.server calls)

            def _answer(self, reply: Reply) -> None:
                if reply.reset:
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.close()
                    self.close_connection = True
                    return
                length = len(reply.body) if reply.length is None else reply.length
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if length >= 0:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(reply.body)
                if length != len(reply.body):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

            def finish(self) -> None:
                with contextlib.suppress(ConnectionError, ValueError):
                    super().finish()

        return Handler


def in_turn(*replies: Reply) -> Script:
    """Answers each request with the next reply, and with the last one from then on."""
    left = list(replies)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


def always(reply: Reply) -> Script:
    """Answers every request alike."""
    return lambda _asked: reply
