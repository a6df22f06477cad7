"""Syncs an Aegis account into Parquet and a DuckDB warehouse that forgets nothing."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__version__ = "0.1.0"

__all__ = ["flatten", "read_table"]


def read_table(name: str, as_of: datetime | None = None) -> "pd.DataFrame":
    """The rows of one published table, such as ``evaluations``, ``history.runs`` or a mart.

    Args:
        as_of: the rows as they were known at this instant; for the API's four tables. A time
            without zone is UTC.

    Returns:
        A DataFrame on Arrow types.

    Raises:
        AegisEtlError: nothing was published yet, or there is no such table.
    """
    from aegis_etl.lake.paths import DataDir
    from aegis_etl.settings import load_settings
    from aegis_etl.tables.frames import to_frame
    from aegis_etl.warehouse.query import read_relation

    return to_frame(read_relation(DataDir(load_settings().data_dir), name, as_of=as_of))


def flatten(payload: bytes | str | dict[str, Any]) -> "dict[str, pd.DataFrame]":
    """The four tables of one payload of ``GET /datasets/{dataset_id}``, on Arrow types.

    Raises:
        AegisEtlError: the payload is no dataset.
    """
    from aegis_etl.tables import frames

    return frames.flatten(payload)
