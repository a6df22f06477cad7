"""The script that most people would write: one request after another, pandas, Parquet, DuckDB."""

import os

import duckdb
import pandas as pd
import requests

BASE_URL = os.environ["AEGIS_BASE_URL"]


def main() -> None:
    """Leaves ``<table>.parquet`` and ``warehouse.duckdb``."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {os.environ['AEGIS_API_KEY']}"
    payloads = []
    page = 1
    while page:
        answer = session.get(f"{BASE_URL}/datasets", params={"page": page, "page_size": 1000})
        answer.raise_for_status()
        for item in answer.json()["items"]:
            detail = session.get(f"{BASE_URL}/datasets/{item['id']}")
            detail.raise_for_status()
            payloads.append(detail.json())
        page = answer.json()["meta"]["next_page"]
    frames = {
        "records": pd.json_normalize(payloads, "records"),
        "runs": pd.json_normalize(payloads, "runs"),
        "evaluations": pd.json_normalize(payloads, "evaluations"),
    }
    for payload in payloads:
        for table in frames:
            del payload[table]
    frames["datasets"] = pd.json_normalize(payloads, max_level=1)
    with duckdb.connect("warehouse.duckdb") as connection:
        for table, frame in frames.items():
            # A column that holds text here and objects there is one that Parquet refuses.
            mixed = [name for name in frame if frame[name].dtype == object]
            frame[mixed] = frame[mixed].map(lambda value: None if value is None else str(value))
            frame.to_parquet(f"{table}.parquet")
            connection.execute(f"create table {table} as from '{table}.parquet'")


if __name__ == "__main__":
    main()
