"""What other engines read from a real catalog on a real S3 server: the local warehouse."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from engine_environments import prepare_environment
from iceberg_account import PublishedAccount, published_account
from iceberg_server import BUCKET, KEY_ID, SECRET, IcebergServer, serve_iceberg
from iceberg_views import EXPECTED, VIEWS, find_differences

pytest.importorskip("pyiceberg", reason="needs the extra iceberg")

from aegis_etl.iceberg.event_tables import EVENT_TABLES
from aegis_etl.iceberg.state import read_state
from aegis_etl.sandbox import World
from aegis_etl.sync.iceberg import update_iceberg

pytestmark = pytest.mark.scale

HERE = Path(__file__).parent
ENGINES = ("duckdb", "sail")
NIGHTS = 8

Compare = Callable[[str, Path], dict[str, tuple[int, int]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IcebergServer]:
    """S3 and the catalog."""
    with serve_iceberg(tmp_path_factory.mktemp("seaweedfs")) as served:
        yield served


@pytest.fixture
def account(
    server: IcebergServer, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[PublishedAccount]:
    """An account that is published there, in a namespace of the test's own."""
    namespace = request.node.name.replace("[", "_").rstrip("]")
    with published_account(
        tmp_path / "data", **server.settings, iceberg_namespace=namespace
    ) as account:
        yield account


@pytest.fixture
def differences(server: IcebergServer, account: PublishedAccount, tmp_path: Path) -> Compare:
    """Asks one engine for every view, and compares with a warehouse."""

    def compare(engine: str, warehouse: Path) -> dict[str, tuple[int, int]]:
        out = tmp_path / engine
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        asked = {
            "catalog_uri": server.catalog_uri,
            "s3_endpoint": server.s3_endpoint,
            "key_id": KEY_ID,
            "secret": SECRET,
            "warehouse": f"s3://{BUCKET}",
            "namespace": account.settings().iceberg_namespace,
            "views": [str(VIEWS / f"{name}.sql") for name in EXPECTED],
            "out": str(out),
        }
        python = prepare_environment(engine) / "python"
        script = HERE / f"read_with_{engine}.py"
        subprocess.run([python, script, json.dumps(asked)], check=True, env=plain_environment())
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            for name in EXPECTED:
                connection.execute(f"create table {name} as from '{out / name}.parquet'")
            return find_differences(connection, warehouse)

    return compare


def plain_environment() -> dict[str, str]:
    """The environment without what leads Python to the packages of the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def is_up_to_date(account: PublishedAccount) -> bool:
    """Whether the last publication reached Iceberg."""
    state = read_state(account.data_dir)
    return state is not None and state.warning is None


def test_the_engines_read_the_local_warehouse(
    account: PublishedAccount, differences: Compare
) -> None:
    """After many nights, history and current tables are the warehouse's, row for row."""
    for _ in range(NIGHTS):
        account.live_night()
        assert is_up_to_date(account)

    for engine in ENGINES:
        assert differences(engine, account.warehouse) == {}, engine


def change_every_table(world: World) -> None:
    """Brings a night of which each table tells."""
    dataset_id = world.dataset_ids(dataset_type_id=1)[-1]
    world.add_run(dataset_id)
    world.edit_record(dataset_id, world.record_ids(dataset_id)[0], output=f"at {world.now}")
    world.rename_dataset(dataset_id, f"renamed at {world.now}")


def test_a_crash_after_any_append_is_unseen_and_mended_by_the_next_night(
    server: IcebergServer, account: PublishedAccount, differences: Compare, tmp_path: Path
) -> None:
    """Both engines see the last whole night, whichever table was the last to be appended."""
    account.live_night()
    shown = tmp_path / "shown.duckdb"
    settings = {
        **server.settings,
        "iceberg_namespace": account.settings().iceberg_namespace,
        "data_dir": str(account.data_dir.root),
    }
    for commits in range(1, len(EVENT_TABLES) + 1):
        shutil.copyfile(account.warehouse, shown)
        change_every_table(account.world)
        account.live_night(iceberg_uri=None)

        killed = subprocess.run(
            [sys.executable, HERE / "iceberg_killed.py", json.dumps(settings), str(commits)],
            check=False,
        )

        assert killed.returncode == -9, commits
        for engine in ENGINES:
            assert differences(engine, shown) == {}, (engine, commits)
        account.live_night()
        assert is_up_to_date(account)
    for engine in ENGINES:
        assert differences(engine, account.warehouse) == {}, engine


def test_a_night_that_cannot_reach_the_catalog_is_caught_up(
    account: PublishedAccount, differences: Compare
) -> None:
    """Nights without Iceberg are published, each in its place, by the next one that reaches it."""
    account.live_night()
    for _ in range(2):
        account.live_night(iceberg_uri="http://127.0.0.1:9")
        assert not is_up_to_date(account)

    assert update_iceberg(account.settings(), account.data_dir) == []

    assert differences("duckdb", account.warehouse) == {}
