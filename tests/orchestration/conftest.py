"""A Dagster instance of the test's own, and the nightly job executed on it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from aegis_etl.orchestration.launch import prepare_dagster_home
from aegis_etl.settings import Settings

RunNight = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance below this test's DAGSTER_HOME."""
    prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as opened:
        yield opened


@pytest.fixture
def run_night(instance: dg.DagsterInstance) -> RunNight:
    """Executes the nightly job in this process, as the command line does."""

    def run(definitions: dg.Definitions | None = None, **config: Any) -> dg.ExecuteInProcessResult:
        from aegis_etl.definitions import defs

        return (
            (definitions or defs)
            .resolve_job_def("nightly_sync")
            .execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={
                    "resources": {"sync": {"config": {"quiet": True, **config}}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
        )

    return run


@pytest.fixture
def readme() -> str:
    """The README's text."""
    return (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
