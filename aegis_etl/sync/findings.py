"""What a sync noticed before its warehouse was built: kept with the audits, none of it blocks."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from aegis_etl.extract.listing import Listing
from aegis_etl.tables.drift import FieldShape, compare_shapes
from aegis_etl.tables.flatten import Outcome
from aegis_etl.warehouse.audit import SHOWN_ROWS, AuditResult

FINDINGS = {
    "shape_known": "The API's fields come as they came before: no new or vanished field, no "
    "changed type, no null where none was.",
    "values_fit": "Every value fits its column; those that do not are kept in _extra.",
    "listing_whole": "The listing held still while it was read. One that kept shifting proves no "
    "absence: nothing that it lacks was closed.",
    "listings_agree": "The partial list and the pages of GET /datasets hold the same datasets. "
    "They mean different things (non-proprietary, custom type), so a difference only warns.",
}
"""The checks made outside the warehouse, with their descriptions."""


def make_findings(
    listing: Listing | None,
    outcomes: Iterable[Outcome],
    *,
    known_shape: Sequence[FieldShape],
    shape: Sequence[FieldShape],
    sync_id: str,
) -> list[AuditResult]:
    """One result a check of ``FINDINGS``.

    Args:
        known_shape: the merged shape of all earlier syncs.
        shape: that of this sync.
        sync_id: of this sync, in which whatever is new was first seen.
    """
    drifts = [
        {**msgspec.to_builtins(drift), "first_seen": sync_id}
        for drift in compare_shapes(known_shape, shape)
    ]
    misfits: Counter[tuple[str, str, str]] = Counter()
    for outcome in outcomes:
        for finding in outcome.findings:
            misfits[finding.table, finding.field, finding.kind] += finding.rows
    return [
        _result(
            "shape_known",
            drifts,
            [f"{d['table']}.{d['field']}: {d['kind']} in {d['rows']} rows" for d in drifts],
        ),
        _result(
            "values_fit",
            [
                {"table": table, "field": field, "kind": kind, "rows": rows}
                for (table, field, kind), rows in sorted(misfits.items())
            ],
            [f"{t}.{f}: {kind} in {rows} rows" for (t, f, kind), rows in sorted(misfits.items())],
        ),
        _result(
            "listing_whole",
            [],
            [] if listing is None or listing.whole else ["the listing kept shifting, or was cut"],
        ),
        _compare_listings(listing),
    ]


def _compare_listings(listing: Listing | None) -> AuditResult:
    partial = listing.only_partial if listing else []
    paged = listing.only_paged if listing else []
    rows = [{"dataset_id": i, "only_in": "partial list"} for i in partial]
    rows += [{"dataset_id": i, "only_in": "pages"} for i in paged]
    text = f"{len(partial)} only in the partial list, {len(paged)} only in the pages"
    return _result("listings_agree", rows, [text] if rows else [])


def _result(audit: str, rows: list[dict[str, object]], texts: list[str]) -> AuditResult:
    more = [f"and {len(texts) - SHOWN_ROWS} more"] if len(texts) > SHOWN_ROWS else []
    return AuditResult(
        audit=audit,
        passed=not texts,
        detail="; ".join(texts[:SHOWN_ROWS] + more) or "no finding",
        rows=rows[:SHOWN_ROWS],
    )
