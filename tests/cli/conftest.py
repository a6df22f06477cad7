"""Runs the command line as a user does, or in this process where that makes no difference."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import Run

from aegis_etl.cli import main


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
            timeout=3600,
            check=False,
        )

    return run


@pytest.fixture
def aegis_etl_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Likewise, without the second that a process takes to import what this one has."""

    def run(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        command = ["aegis-etl", *arguments]
        capfd.readouterr()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", command)
            patched.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in env.items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        return subprocess.CompletedProcess(command, int(ended.value.code or 0), *capfd.readouterr())

    return run
