"""Every dataset is in one bucket, and buckets are few and alike."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegis_etl.lake.manifest import DatasetEntry, Manifest
from aegis_etl.spark import buckets
from aegis_etl.spark.buckets import plan_buckets

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
IDS = st.integers(-(2**63), 2**63 - 1)
ROWS = st.dictionaries(IDS, st.integers(0, 100), max_size=30)


def sync_of(rows: dict[int, int]) -> Manifest:
    """A sync that brought so many evaluations of each dataset."""
    entries = [
        DatasetEntry(dataset_id=i, status="ok", rows={"evaluations": n}) for i, n in rows.items()
    ]
    return Manifest(
        sync_id="20260101T000000Z", tool_version="0", kind="full", base_sync_id=None,
        started_at=WHEN, finished_at=WHEN, status="complete", types_listed=[], listing_whole=True,
        ids_listed=[], datasets=entries, errors=[], shape=[], rows={}, requests=0, retries=0,
        bytes_received=0, files={},
    )  # fmt: skip


@given(syncs=st.lists(ROWS, max_size=3), cores=st.integers(1, 9), other=IDS)
def test_every_id_is_in_one_bucket(syncs: list[dict[int, int]], cores: int, other: int) -> None:
    """Those that a sync asked for, and any other; and no more buckets than cores."""
    planned = plan_buckets([sync_of(rows) for rows in syncs], cores)

    assert len(planned) <= cores
    for dataset_id in {other, *(i for rows in syncs for i in rows)}:
        assert sum(dataset_id in bucket for bucket in planned) == 1


def test_buckets_are_alike_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than a bucket may have make more buckets, cut where the rows are."""
    monkeypatch.setattr(buckets, "ROWS_A_BUCKET", 100)
    rows = {dataset_id: 9 if dataset_id <= 50 else 0 for dataset_id in range(1, 101)}

    planned = plan_buckets([sync_of(rows)], 2)

    counts = [sum(1 + rows[i] for i in range(1, 101) if i in bucket) for bucket in planned]
    assert len(planned) == 6
    assert max(counts) <= 110
    assert min(counts) >= 80
