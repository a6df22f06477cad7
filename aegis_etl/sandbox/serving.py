"""The sandbox as a process of its own."""

import signal
from threading import Event
from types import FrameType

from aegis_etl.sandbox.faults import Faults
from aegis_etl.sandbox.server import DEFAULT_API_KEY, Sandbox
from aegis_etl.sandbox.world import World


def serve(
    world: World,
    *,
    faults: Faults | None = None,
    port: int = 0,
    latency_ms: float = 0,
    rate_limit: float | None = None,
    api_key: str = DEFAULT_API_KEY,
) -> None:
    """Serves a world until SIGINT or SIGTERM, after printing where as two lines to `export`.

    Other processes live its nights through `/_sandbox/…` (see `control`). Call it on the main
    thread. Raises OSError when the port is taken.
    """
    ended = Event()

    def end(_: int, __: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(
            world,
            faults,
            port=port,
            latency_ms=latency_ms,
            rate_limit=rate_limit,
            api_key=api_key,
        ) as sandbox:
            print(f"AEGIS_BASE_URL={sandbox.base_url}")
            print(f"AEGIS_API_KEY={sandbox.api_key}", flush=True)
            ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
