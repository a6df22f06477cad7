"""What is installed is what was built: the wheel, in its own environment, far from the checkout."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.long


def test_the_wheel_runs_the_demo_away_from_the_checkout(tmp_path: Path) -> None:
    """A clean environment with nothing but the wheel lives through the demo and answers a query."""
    wheels = tmp_path / "wheels"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", wheels, ROOT], check=True, timeout=300)
    [wheel] = wheels.glob("aegis_etl-*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*install, "-c", ROOT / "constraints.txt", wheel], check=True, timeout=600)

    done = subprocess.run(
        [tmp_path / "env" / "bin" / "aegis-etl", "demo"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "forgotten_by_the_api" in done.stdout
    assert (tmp_path / "demo-data" / "dagster_home" / "dagster.yaml").exists()
