"""Whole payloads to start a test from, in the words of the API's documentation."""

import json
from typing import Any


def dataset(**changes: Any) -> dict[str, Any]:
    """A dataset as documented, with one record, one run and one evaluation."""
    return {
        "id": 42,
        "user": {"id": 7, "email": "analyst@acme.com"},
        "dataset_type_id": 1,
        "name": "My evaluation set",
        "selected_metrics": {"1": 70, "2": 80},
        "structure": ["prompt", "output", "golden_answer"],
        "column_mappings": None,
        "data_collection_id": None,
        "org_id": None,
        "created_at": "2026-04-02T12:00:00Z",
        "updated_at": None,
        "dataset_type": {"id": 1, "name": "CUSTOM", "label": "Custom", "description": None},
        "records": [record()],
        "runs": [run()],
        "evaluations": [evaluation()],
        **changes,
    }


def record(**changes: Any) -> dict[str, Any]:
    """A record as documented."""
    return {
        "id": 1001,
        "user_id": 7,
        "dataset_id": 42,
        "prompt": "What is the refund policy?",
        "input": None,
        "context": None,
        "output": "Refunds are available within 30 days.",
        "golden_answer": "30-day refund window.",
        "created_at": "2026-04-02T12:00:00Z",
        "updated_at": None,
        **changes,
    }


def run(**changes: Any) -> dict[str, Any]:
    """A run as documented."""
    return {
        "id": 31,
        "user": {"id": 7, "email": "analyst@acme.com"},
        "run_type_id": 2,
        "run_source_id": 3,
        "api_key_id": 9,
        "dataset_id": 42,
        "data_collection_id": None,
        "org_id": None,
        "run_type": {"id": 2, "name": "DATASET", "label": "Dataset", "description": "Whole"},
        "run_source": {"id": 3, "name": "API", "label": "API", "description": "By key"},
        "dataset": None,
        "number_of_metrics": 2,
        "result": 81.5,
        "threshold": 80,
        "model_slug": "gpt-4o-mini",
        "alias": "nightly",
        "aggregate_results": {"ans_corr": {"mean": 81.5}},
        "started_at": "2026-04-02T12:00:00Z",
        "finished_at": "2026-04-02T12:01:00Z",
        "created_at": "2026-04-02T12:00:00Z",
        "updated_at": None,
        "is_gte_threshold": True,
        **changes,
    }


def evaluation(**changes: Any) -> dict[str, Any]:
    """An evaluation as documented."""
    return {
        "id": 501,
        "user_id": 7,
        "run_id": 31,
        "record_id": 1001,
        "metric_id": 1,
        "dataset_id": 42,
        "result": 81.5,
        "threshold": 80,
        "explanation": "Both say 30 days.",
        "model_slug": "gpt-4o-mini",
        "started_at": "2026-04-02T12:00:00Z",
        "finished_at": "2026-04-02T12:00:05Z",
        "credits_consumed": 1,
        "input_tokens": 512,
        "output_tokens": 88,
        "evaluation_cost": "0.0004",
        "is_success": True,
        "is_gte_threshold": True,
        "created_at": "2026-04-02T12:00:00Z",
        "updated_at": None,
        **changes,
    }


class Verbatim(str):
    """JSON text to put into a payload as it is."""

    __slots__ = ()


def body_of(payload: Any, *, ascii_only: bool = False) -> bytes:
    """The payload's JSON, with what is Verbatim put in untouched."""
    return _text_of(payload, ascii_only).encode()


def _text_of(value: Any, ascii_only: bool) -> str:
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, dict):
        members = (
            f"{json.dumps(name, ensure_ascii=ascii_only)}: {_text_of(inner, ascii_only)}"
            for name, inner in value.items()
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text_of(inner, ascii_only) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)
