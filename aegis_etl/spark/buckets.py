"""Divides an account into buckets of ``dataset_id``: the fold of one reads nothing of another."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import msgspec

from aegis_etl.lake.manifest import Manifest

ROWS_A_BUCKET = 5_000_000
"""Of the lake, all syncs together. Few: a bucket costs each statement of the fold for each sync."""

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


@dataclass(frozen=True)
class Bucket:
    """The datasets from one id to another, both included.

    A range and no hash: syncs land datasets in the order of the listing, so that the statistics of
    a row group tell whether it holds any of the bucket.
    """

    first_id: int
    last_id: int

    def __contains__(self, dataset_id: int) -> bool:
        return self.first_id <= dataset_id <= self.last_id

    def select(self, manifest: Manifest) -> Manifest:
        """The manifest of a sync as if it had asked for the datasets of the bucket alone."""
        return msgspec.structs.replace(
            manifest, datasets=[entry for entry in manifest.datasets if entry.dataset_id in self]
        )


def plan_buckets(syncs: Sequence[Manifest], cores: int) -> list[Bucket]:
    """Divides all ids into as few buckets as keep the cores busy and a bucket's rows bounded.

    Buckets have about as many rows as each other, as far as whole datasets allow; every id is in
    exactly one.
    """
    rows = _count_rows(syncs)
    total = rows.total()
    wanted = max(cores, -(-total // ROWS_A_BUCKET))
    begun = 0
    numbers = []
    for dataset_id in sorted(rows):
        numbers.append((begun * wanted // total, dataset_id))
        begun += rows[dataset_id]
    starts = [next(ids)[1] for _, ids in groupby(numbers, key=lambda number: number[0])]
    bounds = [_LOWEST, *starts[1:], _HIGHEST + 1]
    return [Bucket(first, after - 1) for first, after in pairwise(bounds)]


def _count_rows(syncs: Iterable[Manifest]) -> Counter[int]:
    """The rows of each dataset in the lake, and one for each time that it was asked for."""
    rows: Counter[int] = Counter()
    for manifest in syncs:
        for entry in manifest.datasets:
            rows[entry.dataset_id] += 1 + sum(entry.rows.values())
    return rows
