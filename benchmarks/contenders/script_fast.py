"""The script of somebody in a hurry: eight threads, bodies as files, DuckDB's own JSON reader."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import requests
from requests.adapters import HTTPAdapter

BASE_URL = os.environ["AEGIS_BASE_URL"]
CONCURRENCY = int(os.environ["AEGIS_MAX_CONCURRENCY"])
BODIES = Path("bodies")


def main() -> None:
    """Leaves ``warehouse.duckdb``."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {os.environ['AEGIS_API_KEY']}"
    session.mount("http://", HTTPAdapter(pool_maxsize=CONCURRENCY))
    BODIES.mkdir()

    def download(dataset_id: int) -> None:
        with session.get(f"{BASE_URL}/datasets/{dataset_id}", stream=True) as answer:
            answer.raise_for_status()
            (BODIES / f"{dataset_id}.json").write_bytes(answer.raw.read(decode_content=True))

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        page = 1
        while page:
            answer = session.get(f"{BASE_URL}/datasets", params={"page": page, "page_size": 1000})
            answer.raise_for_status()
            list(pool.map(download, [item["id"] for item in answer.json()["items"]]))
            page = answer.json()["meta"]["next_page"]
    load()


def load() -> None:
    """Makes the four tables from the bodies; what is structured in places stays JSON."""
    json_text = dict.fromkeys(["input", "context", "output", "golden_answer"], "JSON")
    person = "STRUCT(id BIGINT, email VARCHAR)"
    named = 'STRUCT(id BIGINT, "name" VARCHAR, "label" VARCHAR, description VARCHAR)'
    times = {"created_at": "TIMESTAMPTZ", "updated_at": "TIMESTAMPTZ"}
    runs_times = {"started_at": "TIMESTAMPTZ", "finished_at": "TIMESTAMPTZ", **times}
    records = {
        "id": "BIGINT", "user_id": "BIGINT", "dataset_id": "BIGINT", "prompt": "VARCHAR",
        **json_text, **times,
    }  # fmt: skip
    runs = {
        "id": "BIGINT", "user": person, "author_email": "VARCHAR", "run_type_id": "BIGINT",
        "run_source_id": "BIGINT", "api_key_id": "BIGINT", "dataset_id": "BIGINT",
        "data_collection_id": "BIGINT", "org_id": "BIGINT", "run_type": named, "run_source": named,
        "dataset": "JSON", "number_of_metrics": "BIGINT", "result": "DOUBLE", "threshold": "DOUBLE",
        "model_slug": "VARCHAR", "alias": "VARCHAR", "aggregate_results": "JSON",
        "is_gte_threshold": "BOOLEAN", **runs_times,
    }  # fmt: skip
    evaluations = {
        "id": "BIGINT", "user_id": "BIGINT", "run_id": "BIGINT", "record_id": "BIGINT",
        "metric_id": "BIGINT", "dataset_id": "BIGINT", "result": "DOUBLE", "threshold": "DOUBLE",
        "explanation": "VARCHAR", "model_slug": "VARCHAR", "credits_consumed": "BIGINT",
        "input_tokens": "BIGINT", "output_tokens": "BIGINT", "evaluation_cost": "DECIMAL(38,18)",
        "is_success": "BOOLEAN", "is_gte_threshold": "BOOLEAN", "eval_metadata": "JSON",
        **runs_times,
    }  # fmt: skip
    columns = {
        "id": "BIGINT", "user": person, "author_email": "VARCHAR", "dataset_type_id": "BIGINT",
        "name": "VARCHAR", "selected_metrics": "JSON", "structure": "VARCHAR[]",
        "column_mappings": "JSON", "data_collection_id": "BIGINT", "org_id": "BIGINT",
        "dataset_type": named, **times,
        "records": list_of(records), "runs": list_of(runs), "evaluations": list_of(evaluations),
    }  # fmt: skip
    declared = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    with duckdb.connect("warehouse.duckdb") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            "create temp view payloads as from read_json("
            f"'{BODIES}/*.json', columns = {{{declared}}}, maximum_object_size = 1000000000)"
        )
        connection.execute(
            "create table datasets as select * exclude (records, runs, evaluations) from payloads"
        )
        for table in ("records", "runs", "evaluations"):
            connection.execute(
                f"create table {table} as select {table}.* from"  # noqa: S608  three names, above
                f" (select unnest({table}) as {table} from payloads)"
            )


def list_of(columns: dict[str, str]) -> str:
    """A list of objects as a DuckDB type."""
    fields = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    return f"STRUCT({fields})[]"


if __name__ == "__main__":
    main()
