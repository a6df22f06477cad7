"""A process that syncs the real way, for tests to kill: tells on its output how far it is.

Run as a script, it reads its settings from the environment, and the world's time as its argument.
It writes ``list``, ``fetch``, ``flatten``, ``fold``, ``publish``, ``done`` before each step, a line
each; ``done`` is followed by the summary as JSON.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sync_account import SyncedAccount

STAGES = ("list", "fetch", "flatten", "fold", "publish")


class SyncProcess:
    """A sync in a process of its own.

    Args:
        kind: of the sync.
        settings: by environment variable, besides those that lead to the account.
    """

    def __init__(
        self,
        account: SyncedAccount,
        kind: str = "full",
        *,
        stderr: int | None = None,
        **settings: str,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, account.world.now.isoformat(), kind],
            env={
                **os.environ,
                "AEGIS_API_KEY": account.sandbox.api_key,
                "AEGIS_BASE_URL": account.sandbox.base_url,
                "AEGIS_DATA_DIR": str(account.data_dir.root),
                **settings,
            },
            cwd=account.data_dir.root.parent,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        assert self.process.stdout is not None
        self._output: IO[str] = self.process.stdout
        self.reached = ""

    def wait_for(self, stage: str) -> None:
        """Waits until the process begins a stage."""
        while self.reached != stage:
            self.reached = self._output.readline().strip()
            assert self.reached, f"the sync ended before {stage}"

    def kill(self) -> str:
        """SIGKILL; returns the stage that was reached."""
        self.process.kill()
        self.process.wait()
        for line in self._output.read().split():
            self.reached = line if line in (*STAGES, "done") else self.reached
        self.close()
        return self.reached

    def close(self) -> None:
        """Closes what was read from it."""
        for pipe in (self._output, self.process.stderr):
            if pipe:
                pipe.close()

    def finish(self) -> dict[str, Any]:
        """Waits for the end; returns the summary."""
        output = self._output.read()
        self.close()
        assert self.process.wait() == 0
        summary: dict[str, Any] = json.loads(output.splitlines()[-1])
        return summary


def _run(now: datetime, kind: str) -> None:
    from aegis_etl.settings import load_settings
    from aegis_etl.sync import SyncRequest, steps

    def tell(stage: str) -> None:
        print(stage, flush=True)

    tell("list")
    with steps.start_sync(load_settings(), SyncRequest(kind), now=now) as running:
        listing = steps.list_account(running)
        tell("fetch")
        fetching = steps.fetch_payloads(running, listing)
        tell("flatten")
        flat = steps.write_lake(running, listing, fetching)
        tell("fold")
        built = steps.build(running, flat)
        tell("publish")
        summary = steps.publish(running, built)
    tell("done")
    print(summary.to_json(), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    # Whoever started the tests in the background made them ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _run(datetime.fromisoformat(sys.argv[1]), sys.argv[2])
