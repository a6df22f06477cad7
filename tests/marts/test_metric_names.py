"""Names of metrics: the user's file, and what happens when it is wrong."""

from pathlib import Path

import duckdb
import pytest
from marts_account import Account
from marts_syncs import sync_account

from aegis_etl.errors import AegisEtlError
from aegis_etl.warehouse.marts import build_marts
from aegis_etl.warehouse.metric_names import (
    load_metric_names,
    parse_metric_names,
    write_metric_names,
)


def names_of(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """The rows of meta.metric_names."""
    return warehouse.execute("from meta.metric_names order by metric_id").fetchall()


def test_file_becomes_the_table(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The user's names, with or without a byte order mark, replace those that were there."""
    path = tmp_path / "metric_names.csv"
    path.write_text("metric_id,name,family,kind\n7,Tone of voice,safety,judge\n9,ROUGE,,\n")
    assert load_metric_names(warehouse, path) == []
    expected = [(7, "Tone of voice", "safety", "judge"), (9, "ROUGE", None, None)]
    assert names_of(warehouse) == expected
    path.write_bytes('﻿metric_id,name,family,kind\n7,"a, ""b""",,\n'.encode())
    assert load_metric_names(warehouse, path) == []
    assert names_of(warehouse) == [(7, 'a, "b"', None, None)]
    path.unlink()
    assert load_metric_names(warehouse, path) == []
    assert names_of(warehouse) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "its first line is not metric_id,name,family,kind"),
        (b"id;name\n1;x\n", "its first line is not metric_id,name,family,kind"),
        (b"metric_id,name,family,kind\n1,\xff,,\n", "it is not UTF-8 text"),
        (b'metric_id,name,family,kind\n1,"x,,\n', "it is no CSV: "),
        (
            b"metric_id,name,family,kind\nseven,x,,\n",
            "line 2: metric_id 'seven' is no whole number",
        ),
        (b"metric_id,name,family,kind\n9223372036854775808,x,,\n", "is no whole number"),
    ],
)
def test_bad_file_changes_nothing(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes, fault: str
) -> None:
    """A file that cannot be used is said to be so, and yesterday's names stay."""
    warehouse.execute("insert into meta.metric_names values (1, 'before', null, null)")
    path = tmp_path / "metric_names.csv"
    path.write_bytes(content)
    (found,) = load_metric_names(warehouse, path)
    assert str(path) in found
    assert fault in found
    assert names_of(warehouse) == [(1, "before", None, None)]


def test_folder_in_its_place_fails_no_night(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """What cannot even be read is a warning too."""
    (fault,) = load_metric_names(warehouse, tmp_path)
    assert "cannot be read" in fault


def test_bad_lines_are_left_out(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A bad line is named and left out, a bad kind is dropped, of equal ids the last counts."""
    path = tmp_path / "metric_names.csv"
    path.write_text(
        "metric_id,name,family,kind\n1,first,,\nx,lost,,\n1,last,RAG,judge\n2,two,,human\n"
    )
    faults = load_metric_names(warehouse, path)
    assert [fault.partition("csv: ")[2] for fault in faults] == [
        "line 3: metric_id 'x' is no whole number",
        "line 4: metric 1 is named twice; this line counts",
        "line 5: kind 'human' is none of judge, heuristic, deterministic",
    ]
    assert names_of(warehouse) == [(1, "last", "RAG", "judge"), (2, "two", None, None)]


def build_named(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """Lives through nights, builds the marts, and returns what the metrics are called."""
    account = Account(6, datasets=2)
    for _ in range(6):
        account.live_day()
        sync_account(warehouse, account)
    build_marts(warehouse)
    return read_catalog(warehouse)


def read_catalog(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """Id, name and the name's source of every metric."""
    return warehouse.execute(
        "select metric_id, metric_name, name_source from marts.metric_catalog order by metric_id"
    ).fetchall()


def test_suggestions_are_never_assigned(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The file to edit carries suggestions with their mark; loaded unedited, it assigns none."""
    before = build_named(warehouse)
    assert {row[2] for row in before} == {"suggested", "unnamed"}
    path = tmp_path / "metric_names.csv"
    assert write_metric_names(warehouse, path) == len(before)
    assert len(path.read_text().splitlines()) == 1 + len(before)
    assert load_metric_names(warehouse, path) == []
    build_marts(warehouse)
    assert read_catalog(warehouse) == before


def test_confirmed_names_reach_every_mart(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A name confirmed in the file shows in rows of marts that no sync has touched since."""
    build_named(warehouse)
    path = tmp_path / "metric_names.csv"
    write_metric_names(warehouse, path)
    path.write_text(path.read_text().replace(" ?", ""))
    load_metric_names(warehouse, path)
    build_marts(warehouse, [])
    for mart in ("evaluation_outcomes", "run_metric_scores", "cost_daily", "record_stability"):
        names = warehouse.execute(f"select distinct metric_name from marts.{mart}").fetchall()
        assert not any("?" in name for (name,) in names)


def test_writing_keeps_what_the_user_wrote(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Written again, the file keeps its lines and gains those that it lacks; a bad one is left."""
    build_named(warehouse)
    path = tmp_path / "metric_names.csv"
    path.write_text("metric_id,name,family,kind\n3,Mine,structural,deterministic\n")
    added = write_metric_names(warehouse, path)
    assert added == 3
    assert path.read_text().splitlines()[1] == "3,Mine,structural,deterministic"
    assert write_metric_names(warehouse, path) == 0
    path.write_text("nonsense")
    with pytest.raises(AegisEtlError, match="first line"):
        write_metric_names(warehouse, path)
    assert path.read_text() == "nonsense"


def test_parsing_needs_only_id_and_name() -> None:
    """Family and kind may be left away, in any order of columns."""
    found = parse_metric_names(b"name,metric_id\nTone,4\n")
    assert found.faults == []
    assert [tuple(name) for name in found.names] == [(4, "Tone", None, None)]
