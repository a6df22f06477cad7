"""What every test starts from: no setting of the person who runs it, and a fresh small account."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import Settings, load_settings

# Properties are about values, not about the time that a busy machine takes for one of them. One
# tree passes or fails the same way each time; `--hypothesis-profile searching` tries other values.
searching = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("searching", searching)
hypothesis.settings.register_profile("steady", searching, derandomize=True, database=None)
hypothesis.settings.load_profile("steady")


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Takes AEGIS_… and DAGSTER_HOME away, and stands in a folder without .env."""
    for name in list(os.environ):
        if name.startswith("AEGIS_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))


@pytest.fixture
def world() -> World:
    """A small account."""
    return World(datasets=6, records=8, metrics=3, runs=2)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    """The account, served on a loopback port."""
    with Sandbox(world) as served:
        yield served


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Environment variables that point a sync at the sandbox; the data directory."""
    data_dir = tmp_path / "data"
    monkeypatch.setenv("AEGIS_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("AEGIS_API_KEY", sandbox.api_key)
    monkeypatch.setenv("AEGIS_DATA_DIR", str(data_dir))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster_home"))
    return data_dir


@pytest.fixture
def settings(environment: Path) -> Settings:  # noqa: ARG001  it sets what is read
    """The settings of that environment."""
    return load_settings()
