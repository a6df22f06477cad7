"""What can go wrong with an answer, and the error that each is told as."""

from scripted_api import Reply

from aegis_etl.api.errors import (
    KeyRefused,
    NotFound,
    NotUsable,
    OutOfCredits,
    PushedBack,
    Redirected,
    RequestRefused,
    ServerFailed,
    Unreachable,
)

GOOD = Reply(body=b'{"id": 1.50, "name": "\xc3\xa4"}')
HTML = b"<!doctype html><title>502 Bad Gateway</title>"

TRANSIENT = {
    "500": (Reply(500, b'{"detail": "boom"}'), ServerFailed),
    "502 with HTML": (Reply(502, HTML, {"Content-Type": "text/html"}), ServerFailed),
    "503": (Reply(503, b""), ServerFailed),
    "503 with Retry-After": (Reply(503, b"", {"Retry-After": "1"}), PushedBack),
    "504": (Reply(504, b""), ServerFailed),
    "520 of a proxy": (Reply(520, HTML), ServerFailed),
    "408": (Reply(408, b""), ServerFailed),
    "reset": (Reply(reset=True), Unreachable),
    "cut body": (Reply(body=GOOD.body, length=len(GOOD.body) + 9), Unreachable),
    "truncated JSON": (Reply(body=GOOD.body[:-3]), NotUsable),
    "garbage": (Reply(body=b"\x00\xff\x17garbage"), NotUsable),
    "HTML with 200": (Reply(body=HTML), NotUsable),
    "nothing with 200": (Reply(body=b""), NotUsable),
    "204": (Reply(204, b""), ServerFailed),
}
FINAL = {
    400: RequestRefused,
    401: KeyRefused,
    402: OutOfCredits,
    403: KeyRefused,
    404: NotFound,
    410: RequestRefused,
    422: RequestRefused,
    301: Redirected,
    302: Redirected,
    307: Redirected,
}
