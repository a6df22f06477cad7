"""Publishes to Iceberg and dies of SIGKILL right after its nth commit to the catalog.

Usage: iceberg_killed.py SETTINGS_AS_JSON N; exits 0 when it comes to its end before the nth.
"""

import json
import os
import signal
import sys
from functools import wraps
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.catalog.sql import SqlCatalog

from aegis_etl.lake.paths import DataDir
from aegis_etl.settings import Settings
from aegis_etl.sync.iceberg import update_iceberg


class Countdown:
    """Kills this process when its catalogs have taken so many commits."""

    def __init__(self, commits: int) -> None:
        self._left = commits

    def watch(self, catalog: type[Catalog]) -> None:
        """Counts what a kind of catalog has taken: the code runs against real files."""
        commit = catalog.commit_table

        @wraps(commit)
        def commit_and_count(*arguments: Any, **options: Any) -> Any:
            answer = commit(*arguments, **options)
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        catalog.commit_table = commit_and_count


if __name__ == "__main__":
    settings = Settings(_env_file=None, **json.loads(sys.argv[1]))
    countdown = Countdown(int(sys.argv[2]))
    countdown.watch(RestCatalog)
    countdown.watch(SqlCatalog)
    assert update_iceberg(settings, DataDir(settings.data_dir)) == []
