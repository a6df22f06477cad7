"""Syncs into a small disk of its own: run as a script, in a mount namespace, by ``test_full_disk``.

It mounts a tmpfs over the folder named by its argument, syncs, fills the disk but for a few bytes,
syncs again, makes room, and syncs once more. It prints one JSON object of what came of each.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

DISK_BYTES = 40_000_000
FREE_BYTES = (0, 30_000, 300_000, 2_000_000, 20_000_000)


def _run(root: Path) -> dict[str, Any]:
    from sync_account import main_rows, served_account

    from aegis_etl.errors import AegisEtlError
    from aegis_etl.sandbox import World
    from aegis_etl.sync import disk

    # The estimate would stop the sync before it begins; here the disk fills up in the middle.
    disk.estimate_room = lambda *_, **__: 0
    world = World(datasets=12, records=10, metrics=4, runs=2, proprietary=0)
    errors = []
    with served_account(root / "data", world) as account:
        account.sync()
        for dataset_id in world.dataset_ids():
            world.add_run(dataset_id)
        yesterday = main_rows(account.data_dir)
        for free in FREE_BYTES:
            _fill(root / "ballast", but_for=free)
            try:
                account.sync()
            except AegisEtlError as error:
                errors.append(f"{type(error).__name__}: {error}")
                assert main_rows(account.data_dir) == yesterday
                assert not list(account.data_dir.root.rglob("*.part"))
        (root / "ballast").unlink()
        after = main_rows(account.data_dir)
    with served_account(root / "other", world) as other:
        other.sync()
        tonight = "select id, result from evaluations where is_latest order by id"
        complete = account.rows(tonight) == other.rows(tonight)
    return {"errors": errors, "changed": after != yesterday, "complete": complete}


def _fill(ballast: Path, *, but_for: int) -> None:
    """Leaves so many bytes of the disk free."""
    import shutil

    ballast.unlink(missing_ok=True)
    size = shutil.disk_usage(ballast.parent).free - but_for
    with ballast.open("wb") as file:
        for start in range(0, size, 4096):
            file.write(bytes(min(4096, size - start)))


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1]))
    mounted = Path(sys.argv[1])
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", mounted], check=True
    )
    print(json.dumps(_run(mounted)))
