"""The marts are what their contract says: names, order, types, definitions."""

import csv
from pathlib import Path

import duckdb
import pytest

from aegis_etl.warehouse.mart_columns import read_mart_columns
from aegis_etl.warehouse.mart_relations import Mart, order_inputs, order_macros, order_marts
from aegis_etl.warehouse.marts import build_marts

CONTRACT = Path(__file__).with_name("marts_contract.tsv")


def read_contract() -> dict[str, list[tuple[str, str, str]]]:
    """The contract's columns by mart: name, type and definition."""
    columns: dict[str, list[tuple[str, str, str]]] = {}
    with CONTRACT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            column = (row["column"], row["type"], row["definition"])
            columns.setdefault(row["mart"], []).append(column)
    return columns


def test_columns_are_the_contract() -> None:
    """The columns are those of the contract, in order, with type and definition, and no other."""
    kept = {mart: [tuple(c) for c in columns] for mart, columns in read_mart_columns().items()}
    assert kept == read_contract()


@pytest.mark.parametrize("mart", order_marts(), ids=lambda mart: mart.name)
def test_selects_give_the_columns(empty_marts: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """Each mart's own SQL gives these columns in these types, so nothing is cast on the way in."""
    described = empty_marts.execute(f"describe ({mart.select.rstrip().removesuffix(';')}\n)")
    found = [(row[0], row[1]) for row in described.fetchall()]
    assert found == [(column.name, column.type) for column in read_mart_columns()[mart.name]]


def test_every_mart_and_column_has_a_comment(empty_marts: duckdb.DuckDBPyConnection) -> None:
    """Tables, columns and macros of the schema carry their description as a comment."""
    tables = dict(
        empty_marts.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    )
    assert tables == {mart.name: mart.description for mart in order_marts()}
    assert all(description.endswith(".") for description in tables.values())
    columns = empty_marts.execute(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
    ).fetchall()
    assert set(columns) == {
        (mart, column.name, column.definition)
        for mart, of_mart in read_mart_columns().items()
        for column in of_mart
    }
    macros = empty_marts.execute(
        "select function_name, comment from duckdb_functions() where schema_name = 'marts'"
    ).fetchall()
    assert {name for name, _ in macros} == set(order_macros())
    assert all(comment for _, comment in macros)


def test_each_reads_only_what_was_made_before() -> None:
    """A mart stands after the marts, and an input after the inputs, that its text names."""
    made: set[str] = set()
    for mart in order_marts():
        made.add(mart.name)
        read = {other.name for other in order_marts() if f"marts.{other.name}" in mart.select}
        assert read <= made, mart.name
    for every_dataset in (True, False):
        created = "\n".join(order_inputs(every_dataset=every_dataset))
        assert created.index(" refreshed as") < created.index(" received_evaluations as")
        assert created.index(" known_runs as") < created.index(" run_captures as")
        assert created.count(" refreshed as") == 1


def test_marts_made_by_other_definitions_are_made_anew(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """A build that finds marts of an older version makes all of them, whatever was touched."""
    build_marts(warehouse)
    warehouse.execute("update meta.mart_definitions set sha256 = 'older'")
    warehouse.execute("drop table marts.cost_daily")
    build_marts(warehouse, [])
    assert warehouse.execute("select count(*) from marts.cost_daily").fetchone() == (0,)
