"""The public form of every table: pandas DataFrames on the Arrow columns themselves.

pandas is imported when a frame is asked for: a nightly sync needs none.
"""

import json
import warnings
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from aegis_etl.errors import AegisEtlError
from aegis_etl.tables.flatten import Payload, flatten_payloads
from aegis_etl.tables.json_text import split
from aegis_etl.tables.values import read_key

if TYPE_CHECKING:
    import pandas as pd


def to_frame(table: pa.Table) -> "pd.DataFrame":
    """A DataFrame with Arrow-backed types on the table's own memory."""
    import pandas as pd

    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def flatten(payload: bytes | str | dict[str, Any]) -> dict[str, "pd.DataFrame"]:
    """The flat tables of one payload of ``GET /datasets/{dataset_id}``, by name.

    Columns as in the lake: ``evaluations`` has no ``is_latest``, ``is_shared`` is null. Warns with
    each row that had to be left out (contract: *Rows without a usable key*).

    Args:
        payload: the body as received (its numbers and texts then load exactly), or decoded.

    Raises:
        AegisEtlError: the payload is no dataset; says why.
    """
    body = _body_of(payload)
    batch = flatten_payloads([Payload(_named_id(body), body)])
    [outcome] = batch.outcomes
    if outcome.state == "quarantined":
        raise AegisEtlError(f"this is no payload of a dataset: {'; '.join(outcome.errors)}")
    for error in outcome.errors:
        warnings.warn(error, stacklevel=2)
    return {name: to_frame(table) for name, table in batch.tables.items()}


def _body_of(payload: bytes | str | dict[str, Any]) -> bytes:
    if isinstance(payload, dict):
        payload = json.dumps(payload)
    return payload if isinstance(payload, bytes) else payload.encode(errors="surrogatepass")


def _named_id(body: bytes) -> int:
    """The id that the payload names; one that no payload has when it names none."""
    try:
        members = split(body.decode())
    except ValueError:
        return -1
    named = read_key(members.get("id", "")) if isinstance(members, dict) else None
    return -1 if named is None else named
