"""Payload bytes -> flat Arrow tables: every row that the API sent, typed, nothing lost.

Source: bodies of ``GET /datasets/{dataset_id}``; contract: *Warehouse*.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.arrays import InexactError
from aegis_etl.tables.drift import FieldShape, merge_shapes
from aegis_etl.tables.exact import read_exactly
from aegis_etl.tables.payload import LARGEST_BODY, Finding, Payload, PayloadRows, State
from aegis_etl.tables.rows import build_tables
from aegis_etl.tables.typed import read_typed

__all__ = ["Finding", "FlatBatch", "Outcome", "Payload", "flatten_payloads"]


@dataclass(frozen=True)
class Outcome:
    """How flattening one payload went.

    Attributes:
        state: ``ok``; ``partial``: rows are left out, each named in ``errors``; ``quarantined``:
            the payload is no dataset, no row of it was taken.
        rows: rows taken a table.
        evaluated_run_ids: the runs whose evaluations the payload shows, ascending.
        dataset_type_id: the payload's own.
        errors: texts for ``meta.sync_errors``, stage ``flatten``.
        findings: values that went to ``_extra`` or were changed: counted, no error.
    """

    dataset_id: int
    state: State
    rows: dict[str, int]
    evaluated_run_ids: list[int]
    dataset_type_id: int | None
    errors: list[str]
    findings: list[Finding]


@dataclass(frozen=True)
class FlatBatch:
    """Flat tables of a batch of payloads, with the outcome of each.

    Attributes:
        tables: one each of ``datasets, records, runs, evaluations``, rows in the payloads' order.
        outcomes: one a payload, in the payloads' order.
        shape: how each field of the API came in this batch.
    """

    tables: dict[str, pa.Table]
    outcomes: list[Outcome]
    shape: list[FieldShape]


def flatten_payloads(payloads: Sequence[Payload], largest: int = LARGEST_BODY) -> FlatBatch:
    """Flattens a batch; no payload, whatever its bytes, harms another or raises.

    Memory follows the batch: about four times its bytes while it works.

    Args:
        largest: bytes that are flattened together; an Arrow column holds 2 GiB of text at most.
    """
    if len(payloads) > 1 and sum(len(payload.body) for payload in payloads) > largest:
        half = len(payloads) // 2
        return _join(
            flatten_payloads(payloads[:half], largest), flatten_payloads(payloads[half:], largest)
        )
    reads = [read_typed(payload) or read_exactly(payload) for payload in payloads]
    try:
        tables, shape = build_tables(reads)
    except InexactError:
        reads = [read if _builds(read) else read_exactly(read.payload) for read in reads]
        tables, shape = build_tables(reads)
    return FlatBatch(tables, [_outcome(read) for read in reads], shape)


def _join(one: FlatBatch, other: FlatBatch) -> FlatBatch:
    return FlatBatch(
        {name: pa.concat_tables([one.tables[name], other.tables[name]]) for name in TABLES},
        one.outcomes + other.outcomes,
        merge_shapes(one.shape + other.shape),
    )


def _builds(read: PayloadRows) -> bool:
    try:
        build_tables([read])
    except InexactError:
        return False
    return True


def _outcome(read: PayloadRows) -> Outcome:
    own = read.rows.get("datasets")
    return Outcome(
        dataset_id=read.payload.dataset_id,
        state=read.state,
        rows={name: len(read.rows.get(name, ())) for name in TABLES},
        evaluated_run_ids=sorted({row.run_id for row in read.rows.get("evaluations", ())}),
        dataset_type_id=own[0].dataset_type_id if own else None,
        errors=read.errors,
        findings=[
            Finding(table=table, field=field, kind=kind, rows=rows)
            for (table, field, kind), rows in sorted(read.findings.items())
        ],
    )
