"""Accounts of the sandbox, synced night by night, and the pages that report on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from pydantic import SecretStr

from aegis_etl.lake.paths import DataDir
from aegis_etl.report.drawing import Draw
from aegis_etl.report.page import write_report
from aegis_etl.sandbox import Faults, Sandbox, World
from aegis_etl.settings import load_settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.warehouse.connection import open_for_reading

NIGHTS = 5
HOSTILE = (
    "<script>alert(1)</script>.csv",
    "\"quotes\" 'and' &amp; <b>bold</b>",
    "🧪 emoji \N{RIGHT-TO-LEFT OVERRIDE}reversed مجموعة",
    "control \x1b[31m\x00 characters",
    "x" * 240,
)


Payloads = dict[int, dict[str, Any]]
"""What the API served in one night, by dataset; failed fetches are left out."""


@dataclass
class Account:
    """A synced account: its data directory, and what was served in each night."""

    data_dir: DataDir
    nights: list[Payloads] = field(default_factory=list)
    failing: tuple[int, ...] = ()


@dataclass
class Lived:
    """An account with a reader's connection to its published warehouse, and its page."""

    account: Account
    connection: duckdb.DuckDBPyConnection
    page: Path


def live(folder: Path, world: World, nights: int) -> Account:
    """Syncs a world each night. Of many, the last but one gives hostile names, the last fails."""
    account = Account(DataDir(folder))
    with Sandbox(world) as sandbox:
        settings = load_settings(
            data_dir=folder,
            base_url=sandbox.base_url,
            api_key=SecretStr(sandbox.api_key),
            max_attempts=1,
            max_failed_fraction=0.5,
        )
        for left in reversed(range(nights)):
            if account.nights:
                world.live_night()
            if left == 1:
                hostile = dict(zip(reversed(world.dataset_ids(1)), HOSTILE, strict=False))
                for dataset_id, name in hostile.items():
                    world.rename_dataset(dataset_id, name)
                account.failing = tuple(hostile)
            failing = account.failing if left == 0 else ()
            sandbox.faults = Faults(always=dict.fromkeys(failing, "500"))
            run_sync(settings, SyncRequest(kind="full"), now=world.now)
            served = {i: p for i in world.dataset_ids(1) if (p := world.payload(i))}
            account.nights.append({i: p for i, p in served.items() if i not in failing})
    return account


def report_on(account: Account, draw: Draw) -> Iterator[Lived]:
    """Opens the warehouse as a reader does and writes the report beside the data."""
    with open_for_reading(account.data_dir.warehouse, locked=False) as connection:
        page = account.data_dir.root / "page" / "report.html"
        page.parent.mkdir()
        write_report(connection, page, draw)
        yield Lived(account, connection, page)
