"""Our sync, bare: its steps as plain functions in one process, without Dagster.

``BENCH_NOW`` is the sync's start, ``BENCH_STAGES`` asks for the time of each stage.
"""

import json
import os
from datetime import datetime

from aegis_etl.settings import load_settings
from aegis_etl.sync import SyncRequest, SyncSummary, run_sync


def sync() -> SyncSummary:
    """One full sync into the data directory."""
    now = datetime.fromisoformat(os.environ["BENCH_NOW"])
    return run_sync(load_settings(), SyncRequest(), now=now)


def main() -> None:
    """Prints the counts of the sync, and its stages if they are asked for."""
    stages: dict[str, float] = {}
    if os.environ.get("BENCH_STAGES"):
        from benchmarks.contenders.stages import timed_stages

        with timed_stages() as stages:
            summary = sync()
    else:
        summary = sync()
    print(json.dumps({"changed": summary.datasets_changed, "stages": stages}))


if __name__ == "__main__":
    main()
