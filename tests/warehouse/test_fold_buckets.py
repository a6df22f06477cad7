"""The fold is separable by dataset: apart, buckets give what they give together."""

from random import Random

import duckdb
import pyarrow.compute as pc
import pytest
from warehouse_account import Account
from warehouse_nights import Night, ordered, rows_of

from aegis_etl.lake.manifest import Manifest
from aegis_etl.spark.buckets import Bucket
from aegis_etl.statements import read_statement
from aegis_etl.warehouse.build import fold_and_note
from aegis_etl.warehouse.connection import open_for_writing
from aegis_etl.warehouse.fold import LakeTables, fold_manifest
from aegis_etl.warehouse.schema import create_definitions

DATASETS, NIGHTS = 4, 4
OF_DATASETS = (
    *(f"history.{n}" for n in ("datasets", "records", "runs", "evaluations", "evaluated_runs")),
    "meta.dataset_state",
    "lake_rows",
)
OF_SYNCS = ("meta.syncs", "meta.sync_errors")


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the relations that folds and audits' scopes fill."""
    create_definitions(connection)
    connection.execute(read_statement("scope/empty"))


def share(night: Night, bucket: Bucket) -> tuple[Manifest, LakeTables]:
    """What a night brought of the datasets of one bucket."""
    tables = {}
    for name, rows in night.tables().items():
        ids = rows["id" if name == "datasets" else "dataset_id"]
        kept = pc.and_(pc.greater_equal(ids, bucket.first_id), pc.less_equal(ids, bucket.last_id))
        tables[name] = rows.filter(kept)
    return bucket.select(night.manifest()), tables


@pytest.mark.parametrize(("seed", "cuts"), [(0, (1, 3)), (1, (2,))])
def test_buckets_folded_apart_are_the_whole(
    connection: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    cuts: tuple[int, ...],
) -> None:
    """Wherever the ids are cut, the buckets' tables laid together are those of one fold."""
    account = Account(Random(seed), DATASETS)
    nights = [account.next_night(number) for number in range(NIGHTS)]
    prepare(connection)
    for night in nights:
        fold_and_note(connection, night.manifest(), night.tables())

    apart: dict[str, list[object]] = {name: [] for name in OF_DATASETS}
    for first, last in zip((0, *cuts), (*cuts, DATASETS), strict=True):
        path = tmp_path_factory.mktemp("bucket") / "warehouse.duckdb"
        with open_for_writing(path) as alone:
            prepare(alone)
            for night in nights:
                fold_and_note(alone, *share(night, Bucket(first + 1, last)))
            for name in OF_DATASETS:
                apart[name] += rows_of(alone, f"from {name}")

    for name in OF_DATASETS:
        whole = rows_of(connection, f"from {name}")
        assert whole
        assert ordered(apart[name]) == ordered(whole), name


def test_a_manifest_alone_brings_what_is_of_no_dataset(
    connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Syncs and their errors need no row of the lake, and bring none."""
    account = Account(Random(0), DATASETS)
    path = tmp_path_factory.mktemp("syncs") / "warehouse.duckdb"
    with open_for_writing(path) as alone:
        prepare(connection)
        prepare(alone)
        for number in range(2):
            night = account.next_night(number)
            fold_and_note(connection, night.manifest(), night.tables())
            fold_manifest(alone, night.manifest())
        for name in OF_SYNCS:
            assert rows_of(alone, f"from {name}") == rows_of(connection, f"from {name}"), name
        assert rows_of(alone, "from history.evaluations") == []
        assert rows_of(alone, "from meta.dataset_state") == []
