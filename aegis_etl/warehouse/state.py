"""What the published warehouse knows of each dataset: what a sync compares with."""

from pathlib import Path
from typing import Any

from aegis_etl.warehouse.status import read_rows


def read_published_state(warehouse: Path) -> list[dict[str, Any]]:
    """One dict a dataset ever asked for: the columns of ``sql/meta/known_datasets.sql``."""
    return read_rows(warehouse, "meta/known_datasets")
