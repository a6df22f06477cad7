"""What the fold takes in: files and tables, old and odd, and one dataset apart from another."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from warehouse_nights import Night, Served, rows_of
from warehouse_single import evaluation, fold, served, spans

from aegis_etl.warehouse.fold import fold_sync


def test_an_older_lake_file_reads_as_null_where_it_lacks_a_column(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A column that an older version did not write is null."""
    night = Night(0, {1: served((5,), evaluation(7, 5, eval_metadata='{"a":1}'))})
    tables = night.tables()
    tables["evaluations"] = tables["evaluations"].drop_columns(["eval_metadata", "explanation"])
    fold_sync(connection, night.manifest(), tables)
    (row,) = rows_of(connection, "from evaluations")
    assert (row["id"], row["eval_metadata"], row["explanation"]) == (7, None, None)


def test_text_stays_text(connection: duckdb.DuckDBPyConnection) -> None:
    """Names that look like SQL load as names; JSON that DuckDB cannot parse is kept as a string."""
    name = "'; drop table records; --"
    surrogate = r'{"1":70,"\ud800":"\udc00"}'
    fold(connection, served(name=name, selected_metrics=surrogate, _extra='{"n":NaN}'))
    (row,) = rows_of(connection, "select name, selected_metrics->>'$' as text from datasets")
    assert row == {"name": name, "text": surrogate}
    assert rows_of(connection, "from dataset_metrics") == []


def test_selected_metrics_as_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Odd keys are left out, odd thresholds are null, the last of equal keys counts; no error."""
    odd = (
        '{"1":70,"x":1,"1.5":2,"2":"80","3":null,"4":1e999,"5":10,"5":80.5,'
        '"99999999999999999999":1,"-6":0,"7":NaN,"8":true}'
    )
    fold(connection, served(selected_metrics=odd))
    found = rows_of(
        connection, "select metric_id, threshold from dataset_metrics order by metric_id"
    )
    assert [tuple(row.values()) for row in found] == [
        (-6, 0.0),
        (1, 70.0),
        (2, None),
        (3, None),
        (4, None),
        (5, 80.5),
        (7, None),
        (8, None),
    ]


def test_one_dataset_never_touches_another(connection: duckdb.DuckDBPyConnection) -> None:
    """The same ids in two datasets have histories of their own."""
    other = Served(
        {"id": 2, "name": "other"},
        {1: {"id": 1, "dataset_id": 2}},
        {5: {"id": 5, "dataset_id": 2}},
        {7: {"id": 7, "dataset_id": 2, "run_id": 5, "record_id": 1}},
    )
    first = Night(0, {1: served((5,), evaluation(7, 5)), 2: other})
    second = Night(1, {1: Served({"id": 1, "name": "set"})}, {2: "ok"})
    for night in (first, second):
        fold_sync(connection, night.manifest(), night.tables())
    for table in ("records", "runs", "evaluations"):
        assert rows_of(connection, f"select dataset_id from {table}") == [{"dataset_id": 2}]


def test_arrow_and_parquet_fold_alike(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Rows may come as Parquet files or as Arrow tables."""
    night = Night(0, {1: served((5,), evaluation(7, 5))})
    paths = {}
    for name, rows in night.tables().items():
        paths[name] = tmp_path / f"it's {name}.parquet"
        pq.write_table(rows, paths[name])
    fold_sync(connection, night.manifest(), paths)
    again = Night(1, night.served)
    fold_sync(connection, again.manifest(), again.tables())
    assert spans(connection, "evaluations") == [(7, 0, None)]
