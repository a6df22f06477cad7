"""A client that knows nothing but HTTP."""

import http.client
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from aegis_etl.sandbox import Sandbox

PATIENCE_SECONDS = 600


class Answer(NamedTuple):
    """A response as a client sees it."""

    status: int
    headers: dict[str, str]  # by lower-case name
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


Get = Callable[..., Answer]


def ask(sandbox: Sandbox, target: str, *, method: str = "GET", **headers: str) -> Answer:
    """One request on its own connection; `target` is below /api/v1 unless it starts with //."""
    url = urlsplit(sandbox.base_url)
    given = {"Authorization": f"Bearer {sandbox.api_key}"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=PATIENCE_SECONDS)
    try:
        path = target[1:] if target.startswith("//") else url.path + target
        connection.request(method, path, headers={k: v for k, v in given.items() if v})
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())
    finally:
        connection.close()
