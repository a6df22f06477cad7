"""Runs the demo: syncs each of its nights through Dagster, then shows what can be asked."""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aegis_etl.demo.nights import found_world, live_nights
from aegis_etl.errors import SettingsError
from aegis_etl.lake.files import create_folder, write_file
from aegis_etl.lake.paths import DataDir
from aegis_etl.orchestration.launch import run_job
from aegis_etl.orchestration.resource import SyncResource
from aegis_etl.sandbox import Sandbox
from aegis_etl.settings import Settings, load_settings
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.mart_questions import read_question

MARK = ".demo"
QUESTIONS = ("pass_rate_by_run", "flip_causes", "forgotten_evaluations")
TABLES = ("datasets", "records", "runs", "evaluations")


def run_demo(data_dir: Path, *, console: Console | None = None) -> int:
    """Syncs the sandbox for several nights into ``data_dir`` and shows what can be asked.

    A folder that an earlier demo wrote is emptied first; any other that holds something is refused.

    Raises:
        SettingsError: the folder holds something that no demo wrote.
    """
    console = console or Console()
    folder = _prepare(data_dir)
    _forget_settings(folder)
    from aegis_etl.definitions import defs

    with Sandbox(found_world(datetime.now(UTC).date())) as sandbox:
        os.environ |= {
            "AEGIS_BASE_URL": sandbox.base_url,
            "AEGIS_API_KEY": sandbox.api_key,
            "AEGIS_DATA_DIR": str(folder),
            "DAGSTER_HOME": str(folder / "dagster_home"),
        }
        settings = load_settings()
        console.print(
            f"The sandbox API answers at {sandbox.base_url}; nothing leaves this machine."
        )
        for night in live_nights(sandbox):
            note = ", one answer in ten is faulty" if night.is_flaky else ""
            console.print(f"\n[bold]Night {night.number}[/], {night.at:%d %B %Y}{note}")
            summary = run_job(
                defs, settings, SyncResource(started_at=night.at.isoformat(), notify=False)
            )
            for line in summary.describe():
                console.print(line, markup=False, highlight=False)
    _show(DataDir(folder), console)
    return 0


def _prepare(data_dir: Path) -> Path:
    folder = data_dir.absolute()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise SettingsError(
                f"--data-dir: {folder} holds something that no demo wrote; name an empty folder"
            )
        shutil.rmtree(folder)
    create_folder(folder)
    write_file(folder / MARK, b"")
    return folder


def _forget_settings(folder: Path) -> None:
    """Leaves the user's settings behind, ``.env`` too: they may name a lake or catalog."""
    os.chdir(folder)
    for field in Settings.model_fields.values():
        os.environ.pop(str(field.validation_alias), None)


def _show(data_dir: DataDir, console: Console) -> None:
    with open_for_reading(data_dir.warehouse) as connection:
        console.print("\n[bold]In the warehouse[/]")
        counts = Table("table", "now", "versions ever seen", box=None, pad_edge=False)
        for name in TABLES:
            now, ever = (
                len(connection.table(f"{schema}.{name}")) for schema in ("main", "history")
            )
            counts.add_row(name, f"{now:,}", f"{ever:,}")
        console.print(counts)
        for question in QUESTIONS:
            asked = read_question(question)
            console.print(f"\n[bold]{asked.description}[/]")
            console.print(asked.sql, style="dim", markup=False, highlight=False)
            answer = connection.execute(asked.sql, dict(asked.bind({})) or None)
            names = [column[0] for column in answer.description or ()]
            shown = Table(*names, box=None, pad_edge=False)
            for row in answer.fetchall():
                shown.add_row(*(Text("" if value is None else str(value)) for value in row))
            console.print(shown)
    console.print("\n[bold]To look at[/]")
    for path, what in (
        (data_dir.warehouse, "the published warehouse; open it read-only"),
        (data_dir.report, "the morning report; open it in a browser"),
        (data_dir.marts, "the marts as Parquet, for tools that read no DuckDB"),
        (data_dir.lake, "flat Parquet and a manifest a night"),
        (data_dir.raw, "the payloads as received"),
    ):
        console.print(f"{path}  {what}", highlight=False, soft_wrap=True)
    command = "aegis-etl" if shutil.which("aegis-etl") else sys.argv[0]
    console.print(
        f"\nAEGIS_DATA_DIR={data_dir.root} {command} sql --example list shows more to ask.",
        soft_wrap=True,
        highlight=False,
    )
