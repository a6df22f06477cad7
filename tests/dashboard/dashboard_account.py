"""Accounts of the sandbox, synced night by night, with names that mean mischief."""

import csv
import shutil
from pathlib import Path

from pydantic import SecretStr

from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import load_settings
from aegis_etl.sync import SyncRequest, run_sync

ELSEWHERE = "elsewhere.invalid"
"""A host that no page may ask; every hostile name holds it."""

TURNED_ON = {
    "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
    "STREAMLIT_SERVER_ENABLE_CORS": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
}
"""A configuration of the user's own that must change nothing."""

HOSTILE = (
    f"<script>alert('{ELSEWHERE}')</script>",
    f"<img src=https://{ELSEWHERE}/a.png onerror=alert(1)>",
    f"![picture](https://{ELSEWHERE}/b.png) **bold** `code` :red[x] $y$",
    f"\"quotes\" 'and' &amp; https://{ELSEWHERE}",
    f"🧪 \N{RIGHT-TO-LEFT OVERRIDE}reversed مجموعة {ELSEWHERE}",
)


def live(data_dir: DataDir, world: World, nights: int) -> DataDir:
    """Syncs a world each night.

    In the last of several, datasets, metrics and runs have hostile names, and a run has just been
    done: on a day that is not whole.
    """
    with Sandbox(world) as sandbox:
        settings = load_settings(
            data_dir=data_dir.root, base_url=sandbox.base_url, api_key=SecretStr(sandbox.api_key)
        )
        for night in range(nights):
            if night:
                world.live_night()
            if 0 < night == nights - 1:
                _name(data_dir, world)
                dataset_id = world.dataset_ids(1)[0]
                world.finish_run(dataset_id, world.start_run(dataset_id))
            run_sync(settings, SyncRequest(kind="full"), now=world.now)
    return data_dir


def copy_account(data_dir: DataDir, folder: Path) -> DataDir:
    """The same account below another folder, which may exist."""
    shutil.copytree(data_dir.root, folder, symlinks=True, dirs_exist_ok=True)
    return DataDir(folder)


def _name(data_dir: DataDir, world: World) -> None:
    datasets = reversed(world.dataset_ids(1))
    for number, (dataset_id, name) in enumerate(zip(datasets, HOSTILE, strict=False)):
        world.rename_dataset(dataset_id, name)
        payload = world.payload(dataset_id)
        assert payload is not None
        for run in payload["runs"]:
            world.rename_run(dataset_id, run["id"], f"{HOSTILE[number]} {run['id']}")
    with data_dir.metric_names.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("metric_id", "name", "family", "kind"))
        writer.writerows((number, name, "", "") for number, name in enumerate(HOSTILE, 1))
