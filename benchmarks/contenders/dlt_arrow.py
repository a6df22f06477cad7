"""dlt with a hand-written resource: sixteen threads, orjson, Arrow tables for its loader."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "LOAD__WORKERS": "2",
}

import dlt
import orjson
import pyarrow as pa
import requests
from requests.adapters import HTTPAdapter

BASE_URL = os.environ["AEGIS_BASE_URL"]
WORKERS = 16
BATCH = 20
CHILDREN = ("records", "runs", "evaluations")

N, D, B, S = pa.int64(), pa.float64(), pa.bool_(), pa.string()
FIELDS: dict[str, dict[str, pa.DataType]] = {
    "datasets": {
        "id": N, "user": S, "author_email": S, "dataset_type_id": N, "name": S,
        "selected_metrics": S, "structure": S, "column_mappings": S, "data_collection_id": N,
        "org_id": N, "dataset_type": S, "created_at": S, "updated_at": S,
    },
    "records": {
        "id": N, "user_id": N, "dataset_id": N, "prompt": S, "input": S, "context": S, "output": S,
        "golden_answer": S, "created_at": S, "updated_at": S,
    },
    "runs": {
        "id": N, "user": S, "author_email": S, "run_type_id": N, "run_source_id": N,
        "api_key_id": N, "dataset_id": N, "data_collection_id": N, "org_id": N, "run_type": S,
        "run_source": S, "dataset": S, "number_of_metrics": N, "result": D, "threshold": D,
        "is_gte_threshold": B, "model_slug": S, "alias": S, "aggregate_results": S,
        "started_at": S, "finished_at": S, "created_at": S, "updated_at": S,
    },
    "evaluations": {
        "id": N, "user_id": N, "run_id": N, "record_id": N, "metric_id": N, "dataset_id": N,
        "result": D, "threshold": D, "is_gte_threshold": B, "is_success": B, "explanation": S,
        "model_slug": S, "credits_consumed": N, "input_tokens": N, "output_tokens": N,
        "evaluation_cost": S, "eval_metadata": S, "started_at": S, "finished_at": S,
        "created_at": S, "updated_at": S,
    },
}  # fmt: skip


def to_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table; whatever text cannot hold as its JSON."""
    columns = []
    for field, kind in FIELDS[name].items():
        values = [row.get(field) for row in rows]
        if kind == S:
            values = [
                value if value is None or isinstance(value, str) else orjson.dumps(value).decode()
                for value in values
            ]
        columns.append(pa.array(values, kind))
    return pa.Table.from_arrays(columns, names=list(FIELDS[name]))


@dlt.resource(write_disposition="replace", max_table_nesting=0)
def datasets() -> Iterator[Any]:
    """Every payload, as rows of four tables, a batch of datasets at a time."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {os.environ['AEGIS_API_KEY']}"
    session.mount("http://", HTTPAdapter(pool_maxsize=WORKERS))

    def download(dataset_id: int) -> dict[str, Any]:
        answer = session.get(f"{BASE_URL}/datasets/{dataset_id}")
        answer.raise_for_status()
        return orjson.loads(answer.content)

    page = 1
    with ThreadPoolExecutor(WORKERS) as pool:
        while page:
            answer = session.get(f"{BASE_URL}/datasets", params={"page": page, "page_size": 1000})
            answer.raise_for_status()
            ids = [item["id"] for item in answer.json()["items"]]
            coming = pool.map(download, ids[:BATCH])
            for start in range(BATCH, len(ids) + BATCH, BATCH):
                payloads = list(coming)
                coming = pool.map(download, ids[start : start + BATCH])
                for name in CHILDREN:
                    rows = [row for payload in payloads for row in payload[name]]
                    yield dlt.mark.with_table_name(to_table(name, rows), name)
                yield dlt.mark.with_table_name(to_table("datasets", payloads), "datasets")
            page = answer.json()["meta"]["next_page"]


def main() -> None:
    """Leaves ``warehouse.duckdb`` with the schema ``aegis``."""
    pipeline = dlt.pipeline(
        "aegis",
        destination=dlt.destinations.duckdb("warehouse.duckdb"),
        dataset_name="aegis",
        pipelines_dir="pipelines",
    )
    pipeline.run(datasets(), loader_file_format="parquet").raise_on_failed_jobs()
    print(json.dumps({}))


if __name__ == "__main__":
    main()
