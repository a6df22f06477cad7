"""Reads the shipped views over Iceberg with DuckDB 1.5, in an environment without aegis_etl.

Usage: read_with_duckdb.py JSON: catalog_uri, s3_endpoint, key_id, secret, warehouse, namespace,
views (paths, in the order to create them), out (a folder for a Parquet file a view).
"""

import importlib
import json
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Attaches the catalog, creates the views as they stand, writes what they say."""
    asked = json.loads(sys.argv[1])
    with duckdb.connect() as connection:
        for name in ("httpfs", "avro", "iceberg"):
            package = importlib.import_module(f"duckdb_extension_{name}")
            [extension] = Path(package.__file__).parent.rglob("*.duckdb_extension")
            connection.execute(f"load '{extension}'")
        endpoint = asked["s3_endpoint"].removeprefix("http://")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"create secret (type s3, key_id '{asked['key_id']}', secret '{asked['secret']}',"
            f" endpoint '{endpoint}', url_style 'path', use_ssl false, region 'us-east-1')"
        )
        connection.execute(
            f"create secret catalog (type iceberg, client_id '{asked['key_id']}',"
            f" client_secret '{asked['secret']}',"
            f" oauth2_server_uri '{asked['catalog_uri']}/v1/oauth/tokens')"
        )
        connection.execute(
            f"attach '{asked['warehouse']}' as lake (type iceberg, secret catalog,"
            f" endpoint '{asked['catalog_uri']}', access_delegation_mode 'none')"
        )
        connection.execute(f"set search_path = 'memory.main,lake.{asked['namespace']}'")
        for view in map(Path, asked["views"]):
            connection.execute(view.read_text(encoding="utf-8"))
            out = Path(asked["out"]) / f"{view.stem}.parquet"
            connection.execute(f"copy (from memory.main.{view.stem}) to '{out}'")


if __name__ == "__main__":
    main()
