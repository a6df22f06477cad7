"""A process that syncs the real way, for tests to kill: tells on its output how far it is.

Run as a script, it reads its settings from the environment; its arguments are the world's time, the
kind of sync, and the step before which it waits for its input to end, or nothing. It writes
``list``, ``fetch``, ``flatten``, ``fold``, ``publish``, ``done`` before each step, a line each;
``done`` is followed by the summary as JSON.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sync_account import SyncedAccount

STAGES = ("list", "fetch", "flatten", "fold", "publish")


class SyncProcess:
    """A sync in a process of its own.

    Args:
        kind: of the sync.
        held_before: the step that it does not begin before ``finish``, so that it cannot end first.
        settings: by environment variable, besides those that lead to the account.
    """

    def __init__(
        self,
        account: "SyncedAccount",
        kind: str = "full",
        *,
        held_before: str = "",
        stderr: int | None = None,
        **settings: str,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, account.world.now.isoformat(), kind, held_before],
            env={
                **os.environ,
                "AEGIS_API_KEY": account.sandbox.api_key,
                "AEGIS_BASE_URL": account.sandbox.base_url,
                "AEGIS_DATA_DIR": str(account.data_dir.root),
                **settings,
            },
            cwd=account.data_dir.root.parent,
            stdin=subprocess.PIPE,
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
        """Closes the pipes to it."""
        for pipe in (self.process.stdin, self._output, self.process.stderr):
            if pipe:
                pipe.close()

    def finish(self) -> dict[str, Any]:
        """Lets it go on, and waits for the end; returns the summary."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        output = self._output.read()
        self.close()
        assert self.process.wait() == 0
        summary: dict[str, Any] = json.loads(output.splitlines()[-1])
        return summary


def _run(now: datetime, kind: str, held_before: str) -> None:
    from aegis_etl.settings import load_settings
    from aegis_etl.sync import SyncRequest, steps

    def tell(stage: str) -> None:
        print(stage, flush=True)
        if stage == held_before:
            sys.stdin.read()

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
    # Whoever started the tests in the background made them ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _run(datetime.fromisoformat(sys.argv[1]), sys.argv[2], sys.argv[3])
