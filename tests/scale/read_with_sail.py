"""Reads the shipped views over Iceberg with Sail, which speaks Spark's SQL, without aegis_etl.

Usage: as of read_with_duckdb.py.
"""

import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path


def main() -> None:
    """Starts an engine on the catalog, creates the views as they stand, writes what they say."""
    asked = json.loads(sys.argv[1])
    os.environ["AWS_ENDPOINT"] = asked["s3_endpoint"]
    os.environ["AWS_ALLOW_HTTP"] = "true"
    os.environ["AWS_ACCESS_KEY_ID"] = asked["key_id"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = asked["secret"]
    os.environ["AWS_REGION"] = "us-east-1"
    os.environ["SAIL_CATALOG__LIST"] = (
        f'[{{name="lake", type="iceberg-rest", uri="{asked["catalog_uri"]}",'
        f' warehouse="{asked["warehouse"]}", oauth_access_token="{fetch_token(asked)}"}}]'
    )
    import pyarrow.parquet as pq
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.catalog.setCurrentCatalog("lake")
    spark.catalog.setCurrentDatabase(asked["namespace"])
    for view in map(Path, asked["views"]):
        spark.sql(f"drop view if exists {view.stem}")
        spark.sql(view.read_text(encoding="utf-8").rstrip().rstrip(";"))
        rows = spark.sql(f"select * from {view.stem}").toArrow()
        pq.write_table(rows, Path(asked["out"]) / f"{view.stem}.parquet")
    spark.stop()
    server.stop()


def fetch_token(asked: dict[str, str]) -> str:
    """A token of the catalog for its credentials."""
    form = {
        "grant_type": "client_credentials",
        "client_id": asked["key_id"],
        "client_secret": asked["secret"],
    }
    address = f"{asked['catalog_uri']}/v1/oauth/tokens"
    with urllib.request.urlopen(address, urllib.parse.urlencode(form).encode()) as answer:
        return str(json.load(answer)["access_token"])


if __name__ == "__main__":
    main()
