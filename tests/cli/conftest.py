"""Runs the command line as a user does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import Run


@pytest.fixture
def aegis_etl() -> Run:
    """Runs ``aegis-etl`` with arguments, and environment variables by keyword."""

    def run(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        command = Path(sys.executable).with_name("aegis-etl")
        return subprocess.run(
            [command, *arguments],
            capture_output=True,
            text=True,
            input=stdin,
            env={**os.environ, **env},
            timeout=900,
            check=False,
        )

    return run
