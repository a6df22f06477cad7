"""One payload through the flattening, and what came of it."""

from typing import Any

from api_payloads import body_of, dataset

from aegis_etl.tables.flatten import FlatBatch, Outcome, Payload, flatten_payloads


def flattened(**changes: Any) -> FlatBatch:
    """The batch of one payload with these changes."""
    return flatten_payloads([Payload(42, body_of(dataset(**changes), ascii_only=True))])


def only(batch: FlatBatch, table: str) -> dict[str, Any]:
    """The one row of a table."""
    [row] = batch.tables[table].to_pylist()
    return row


def outcome_of(body: bytes) -> Outcome:
    """How flattening one body as dataset 42 went."""
    [outcome] = flatten_payloads([Payload(42, body)]).outcomes
    return outcome


def counted(batch: FlatBatch) -> set[tuple[str, str, str, int]]:
    """The findings of the only payload, as tuples."""
    return {(f.table, f.field, f.kind, f.rows) for f in batch.outcomes[0].findings}
