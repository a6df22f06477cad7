"""Publishes a version and dies of SIGKILL before its nth change to the file system.

Usage: publish_killed.py DATA_DIR SYNC_ID N; exits 0 when it comes to its end before the nth.
"""

import os
import signal
import sys
from pathlib import Path

from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.publish import publish_version

CHANGES = {"os.rename", "os.link", "os.symlink", "os.chmod", "os.remove", "os.rmdir", "os.mkdir"}


def main() -> None:
    """Counts changes by Python's own audit events, so the real code runs against real files."""
    left = int(sys.argv[3])

    def die_in_time(event: str, _: object) -> None:
        nonlocal left
        left -= event in CHANGES
        if left < 0 and event in CHANGES:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die_in_time)
    publish_version(DataDir(Path(sys.argv[1])), sys.argv[2])


if __name__ == "__main__":
    main()
