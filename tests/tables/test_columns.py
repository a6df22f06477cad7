"""The one list of columns is the contract's."""

import re

import pytest

from aegis_etl.tables.columns import ARROW_TYPES, Table
from aegis_etl.tables.warehouse_tables import (
    CURRENT_TABLES,
    HISTORY_COLUMNS,
    HISTORY_TABLES,
    META_TABLES,
)

MAIN = {
    "datasets": """id, name, user_id, user_email, author_email, dataset_type_id,
        dataset_type_name, dataset_type_label, dataset_type_description, structure VARCHAR[],
        selected_metrics JSON, column_mappings JSON, data_collection_id, org_id,
        is_shared BOOLEAN, created_at, updated_at, _extra JSON""",
    "dataset_metrics": "dataset_id, metric_id, threshold DOUBLE",
    "records": """id, user_id, dataset_id, prompt, input, input_type, context, context_type, output,
        output_type, golden_answer, golden_answer_type, created_at, updated_at, _extra JSON""",
    "runs": """id, user_id, user_email, author_email, run_type_id, run_type_name, run_type_label,
        run_type_description, run_source_id, run_source_name, run_source_label,
        run_source_description, api_key_id, dataset_id, dataset JSON, data_collection_id, org_id,
        number_of_metrics, result DOUBLE, threshold DOUBLE, is_gte_threshold BOOLEAN, model_slug,
        alias, aggregate_results JSON, started_at, finished_at, created_at, updated_at,
        _extra JSON""",
    "evaluations": """id, user_id, run_id, record_id, metric_id, dataset_id, result DOUBLE,
        threshold DOUBLE, is_gte_threshold BOOLEAN, is_success BOOLEAN, explanation, model_slug,
        credits_consumed, input_tokens, output_tokens, evaluation_cost DECIMAL(38,18),
        eval_metadata JSON, started_at, finished_at, created_at, updated_at, is_latest BOOLEAN,
        _extra JSON""",
}
META = {
    "syncs": """sync_id, kind, started_at, finished_at, status, datasets_listed, datasets_fetched,
        datasets_changed, datasets_failed, datasets_deleted, requests, retries, bytes_received,
        tool_version""",
    "sync_errors": "sync_id, dataset_id, stage, error, http_status, attempts",
    "dataset_state": """dataset_id, payload_sha256, last_fetched_at, last_changed_sync_id,
        latest_evaluated_run_id, status""",
    "audits": "sync_id, audit, passed, detail",
    "metric_names": "metric_id, name, family, kind",
}
COUNTS = {
    "number_of_metrics", "credits_consumed", "input_tokens", "output_tokens", "requests", "retries",
    "bytes_received", "http_status", "attempts",
}  # fmt: skip


def promised_type(name: str, declared: str) -> str:
    """The type of a column of the contract: named there, or by its rule for ids, counts, times."""
    if declared:
        return declared
    if name.endswith("_at"):
        return "TIMESTAMPTZ"
    is_number = name == "id" or (name.endswith("_id") and "sync_id" not in name)
    if is_number or name in COUNTS or name.startswith("datasets_"):
        return "BIGINT"
    return "BOOLEAN" if name == "passed" else "VARCHAR"


@pytest.mark.parametrize(
    ("table", "listed"),
    [
        *((CURRENT_TABLES[name], listed) for name, listed in MAIN.items()),
        *((META_TABLES[name], listed) for name, listed in META.items()),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else "",
)
def test_columns_are_the_contracts(table: Table, listed: str) -> None:
    """Names, order and types as the contract lists them."""
    promised = [entry.split() for entry in re.split(r",\s+", listed)]
    columns = {name: promised_type(name, "".join(kind)) for name, *kind in promised}
    assert {column.name: column.type for column in table.columns} == columns
    assert list(table.names) == list(columns)


def test_history_has_the_same_columns_and_its_own() -> None:
    """history.* is the lake's columns (evaluations without is_latest) with the three extras."""
    extras = ["_valid_from", "_valid_to", "_sync_id"]
    assert [column.name for column in HISTORY_COLUMNS] == extras
    for name in ("datasets", "records", "runs", "evaluations"):
        own = [column for column in CURRENT_TABLES[name].names if column != "is_latest"]
        assert list(HISTORY_TABLES[name].names) == own + extras
    assert list(HISTORY_TABLES["evaluated_runs"].names) == ["dataset_id", "run_id", *extras]


@pytest.mark.parametrize(
    "table",
    [*CURRENT_TABLES.values(), *HISTORY_TABLES.values(), *META_TABLES.values()],
    ids=lambda table: table.name,
)
def test_everything_is_described_and_told_apart(table: Table) -> None:
    """Every table and column has a sentence, names are unique, keys are columns."""
    assert table.description
    assert all(column.description for column in table.columns)
    assert len(set(table.names)) == len(table.names)
    assert set(table.key) <= set(table.names)
    assert [field.type for field in table.arrow_schema] == [
        ARROW_TYPES[column.type] for column in table.columns
    ]
