"""Bytes of a response on their way to the client, whole or not."""

import socket
import struct
import time
from http import HTTPStatus

from aegis_etl.sandbox.http import Response

_PIECES = 8  # in which a dripping body comes
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


def deliver(response: Response, connection: socket.socket, *, delay: float) -> bool:
    """Sends a response as its `delivery` says; whether the connection can be used further.

    Raises OSError when the client has gone.
    """
    head = _head(response)
    match response.delivery:
        case "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            return False
        case "cut":
            connection.sendall(head + response.body[: len(response.body) // 2])
            return False
        case "drip":
            connection.sendall(head)
            size = len(response.body) // _PIECES + 1
            for start in range(0, len(response.body), size):
                time.sleep(delay / _PIECES)
                connection.sendall(response.body[start : start + size])
            return True
        case "slow":
            time.sleep(delay)
    if len(response.body) < 1 << 16:
        connection.sendall(head + response.body)
    else:
        connection.sendall(head)
        connection.sendall(response.body)
    return True


def _head(response: Response) -> bytes:
    status = response.status
    phrase = HTTPStatus(status).phrase if status else ""
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        "Server: aegis-sandbox",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
