"""The bundle for Superset is whole, without a Superset at hand."""

from typing import Any

import pytest
from superset_bundle import FOLDER, Asset, read_assets, read_positions, read_yaml

from aegis_etl.warehouse.mart_columns import read_mart_columns

CHARTS = read_assets("charts")
DATASETS = read_assets("datasets")
MARTS = {
    "dated_comparisons": "run_comparisons",
    "dated_flips": "outcome_flips",
    "dated_quality": "quality_daily",
    "dated_runs": "run_scorecard",
}


def named_columns(params: Asset) -> set[str]:
    """The columns that a chart's parameters name."""
    return {
        *params.get("all_columns", []),
        *params.get("groupby", []),
        *params.get("column_config", {}),
        *(condition["subject"] for condition in params["adhoc_filters"]),
        *([params["x_axis"]] if "x_axis" in params else []),
    }


def test_it_is_of_the_type_that_an_import_updates() -> None:
    """Superset updates charts that it has only from a bundle of type assets."""
    assert read_yaml(FOLDER / "metadata.yaml")["type"] == "assets"


def test_each_chart_has_its_place() -> None:
    """Seven charts, each in one position that carries its uuid: no import can shuffle them."""
    places = {meta["uuid"]: meta["sliceName"] for meta in read_positions()}
    assert places == {chart["uuid"]: chart["slice_name"] for chart in CHARTS.values()}
    assert len(read_positions()) == len(CHARTS) == 7
    assert {meta["chartId"] for meta in read_positions()} == set(range(1, 8))


def test_references_lead_somewhere() -> None:
    """Charts and filters name datasets of the bundle, datasets its database; no uuid is twice."""
    (database,) = read_assets("databases").values()
    (dashboard,) = read_assets("dashboards").values()
    uuids = [a["uuid"] for a in (*CHARTS.values(), *DATASETS.values(), database, dashboard)]
    assert len(set(uuids)) == len(uuids)
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    known = {dataset["uuid"]: dataset for dataset in DATASETS.values()}
    assert {chart["dataset_uuid"] for chart in CHARTS.values()} == set(known)
    for native in dashboard["metadata"]["native_filter_configuration"]:
        (target,) = native["targets"]
        columns = known[target["datasetUuid"]]["columns"]
        assert target["column"]["name"] in [column["column_name"] for column in columns]


@pytest.mark.parametrize("name", DATASETS)
def test_columns_are_those_of_the_mart(name: str) -> None:
    """A dataset describes every column of its mart, as the mart's own comments do."""
    described: list[dict[str, Any]] = DATASETS[name]["columns"]
    columns = [(c["column_name"], c["type"], c["description"]) for c in described]
    of_mart = [tuple(column) for column in read_mart_columns()[MARTS.get(name, name)]]
    assert columns[: len(of_mart)] == of_mart
    added = [column for column, _, _ in columns[len(of_mart) :]]
    assert added == [] if name not in MARTS else added[-1] == "days_ago"
    is_time = [c for c, kind, _ in columns if kind in ("DATE", "TIMESTAMP WITH TIME ZONE")]
    assert [c["column_name"] for c in described if c.get("is_dttm")] == is_time


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_asks_for_what_its_dataset_has(name: str) -> None:
    """Columns and metrics of a chart are those of its dataset."""
    chart = CHARTS[name]
    (dataset,) = [d for d in DATASETS.values() if d["uuid"] == chart["dataset_uuid"]]
    assert named_columns(chart["params"]) <= {c["column_name"] for c in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    assert set(chart["params"].get("metrics", [])) <= metrics


def test_the_connection_is_read_only_and_locked_in() -> None:
    """The database is the fixed link, opened read-only, without a way to other files."""
    (database,) = read_assets("databases").values()
    path, _, options = database["sqlalchemy_uri"].partition("?")
    assert path == "duckdb:////srv/aegis/data/warehouse.duckdb"
    assert options.split("&") == ["access_mode=read_only", "enable_external_access=false"]
