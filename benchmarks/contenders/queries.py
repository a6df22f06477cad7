"""The example questions on the published warehouse, warm: prints the seconds of each.

One that fails is null, and says why: it must not cost what was measured before it.
"""

import json
import sys
import time
from statistics import median

import duckdb

from aegis_etl.lake.paths import DataDir
from aegis_etl.settings import load_settings
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.mart_questions import Question, list_questions, read_question
from aegis_etl.warehouse.query import find_warehouse

WARM_RUNS = 3


def ask(connection: duckdb.DuckDBPyConnection, question: Question) -> float:
    """Asks a question once to warm up, then three times; the median of those in seconds."""
    bound = question.bind({}) or None
    taken = []
    for _ in range(1 + WARM_RUNS):
        started = time.perf_counter()
        connection.execute(question.sql, bound).fetchall()
        taken.append(time.perf_counter() - started)
    return median(taken[1:])


def main() -> None:
    """Asks every question."""
    seconds: dict[str, float | None] = {}
    with open_for_reading(find_warehouse(DataDir(load_settings().data_dir))) as connection:
        for name in list_questions():
            try:
                seconds[name] = ask(connection, read_question(name))
            except duckdb.Error as error:
                print(f"{name}: {error}", file=sys.stderr)
                seconds[name] = None
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
