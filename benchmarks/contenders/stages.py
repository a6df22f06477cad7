"""Where a sync's time goes: the wall time of named functions, while it runs."""

import functools
import importlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

STAGES = {
    "open": "aegis_etl.sync.opening._begin",
    "list": "aegis_etl.sync.steps.list_account",
    "fetch": "aegis_etl.sync.steps.fetch_payloads",
    "finish flattening": "aegis_etl.sync.steps.write_lake",
    "build": "aegis_etl.sync.steps.build",
    "copy": "aegis_etl.warehouse.build.copy_file",
    "fold": "aegis_etl.warehouse.build.fold_and_note",
    "marts": "aegis_etl.warehouse.marts.build_marts",
    "windowed marts": "aegis_etl.warehouse.marts._refresh",
    "marts' Parquet": "aegis_etl.warehouse.marts.write_marts",
    "audits": "aegis_etl.warehouse.build.run_audits",
    "report": "aegis_etl.sync.answers.write_report",
    "hash lake": "aegis_etl.sync.steps.hash_files",
    "publish": "aegis_etl.sync.steps.publish",
    "seal": "aegis_etl.warehouse.publish.seal_version",
}
"""The steps of a sync in order, ``build`` and ``publish`` followed by their parts: ``seal`` hashes
and syncs the version."""


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Yields the seconds spent in each stage so far; a stage that never ran is not in it."""
    seconds: Counter[str] = Counter()
    with ExitStack() as stack:
        for stage, path in STAGES.items():
            module, _, name = path.rpartition(".")
            # One that was renamed costs a line of a table, and not hours of measuring.
            function = getattr(importlib.import_module(module), name, None)
            if function is None:
                print(f"stage {stage!r}: there is no {path}", file=sys.stderr)
            else:
                stack.enter_context(mock.patch(path, _timed(function, stage, seconds)))
        yield seconds


def _timed(function: Callable[..., Any], stage: str, seconds: Counter[str]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            if stage != "windowed marts" or not _is_of_runs(*arguments):
                seconds[stage] += time.perf_counter() - started

    return run


def _is_of_runs(_connection: Any, mart: Any, *_: Any) -> bool:
    """Whether a mart is refreshed for the datasets of a night, and not made anew."""
    return bool(mart.by_dataset)
