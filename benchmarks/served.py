"""An account being served beside the contenders, and the wheels that its nights are turned by."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import requests

from benchmarks.accounts import Account


@dataclass(frozen=True)
class Served:
    """An account that is served on loopback.

    Attributes:
        rows: what the API serves of each table.
        payload_bytes: of all payloads together.
    """

    base_url: str
    api_key: str
    rows: dict[str, int]
    payload_bytes: int

    def read_now(self) -> datetime:
        """The sandbox's time."""
        return self._control("GET", "now")

    def change(self, fraction: float) -> datetime:
        """Lives a night in which this fraction of the datasets gets a new run; the new time."""
        return self._control("POST", "change", {"fraction": fraction})

    def _control(self, method: str, wheel: str, body: object = None) -> datetime:
        host = urlsplit(self.base_url).netloc
        answer = requests.request(method, f"http://{host}/_sandbox/{wheel}", json=body, timeout=600)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"])


@contextmanager
def serve_account(account: Account, *, latency_ms: int) -> Iterator[Served]:
    """Serves an account in a process of its own, which ends with the block."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.account_server",
        account.name,
        str(latency_ms),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101  it was opened as a pipe
            rows = json.loads(process.stdout.readline())
            settings = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
            yield Served(
                base_url=settings["AEGIS_BASE_URL"],
                api_key=settings["AEGIS_API_KEY"],
                payload_bytes=rows.pop("bytes"),
                rows=rows,
            )
        finally:
            process.terminate()
