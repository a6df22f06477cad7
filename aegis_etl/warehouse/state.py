"""What the published warehouse knows of each dataset: what a sync compares with."""

from pathlib import Path
from typing import Any

from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.statements import read_statement


def read_published_state(warehouse: Path) -> list[dict[str, Any]]:
    """One dict a dataset ever asked for: the columns of ``sql/meta/known_datasets.sql``."""
    with open_for_reading(warehouse) as connection:
        known = connection.execute(read_statement("meta/known_datasets"))
        columns = [column[0] for column in known.description]
        return [dict(zip(columns, row, strict=True)) for row in known.fetchall()]
