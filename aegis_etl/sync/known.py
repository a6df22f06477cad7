"""What is known before a sync asks: the published state, and the syncs of the lake beyond it."""

from collections.abc import Iterable
from dataclasses import fields

from aegis_etl.errors import SyncStoppedError
from aegis_etl.extract.decisions import KnownDataset
from aegis_etl.lake.manifest import Manifest, read_manifest
from aegis_etl.lake.paths import MANIFEST, DataDir
from aegis_etl.tables.drift import FieldShape
from aegis_etl.warehouse.status import read_published_state


def read_pending(data_dir: DataDir) -> tuple[Manifest, ...]:
    """The syncs of the lake that the published version does not hold, oldest first.

    Raises:
        SyncStoppedError: the lake does not hold the published one either.
    """
    published = data_dir.published_sync_id()
    if published and not data_dir.has_ended(published):
        raise SyncStoppedError(
            f"the lake below {data_dir.lake_root} lacks sync {published}, which is published: "
            "nothing was changed. Copy raw and lake there from where they were, or let "
            "AEGIS_LAKE_URL name that place."
        )
    beyond = data_dir.whole_sync_ids(after=published or "")
    return tuple(read_manifest(data_dir.lake_of(sync_id) / MANIFEST) for sync_id in beyond)


def read_known(data_dir: DataDir, pending: Iterable[Manifest]) -> dict[int, KnownDataset]:
    """What the warehouse will know of each dataset once the pending syncs are folded."""
    published = read_published_state(data_dir.warehouse) if data_dir.warehouse.exists() else []
    known = {
        row["dataset_id"]: KnownDataset(
            **{field.name: row[field.name] for field in fields(KnownDataset)}
        )
        for row in published
    }
    # What a sync changed that is folded tonight, before this one, equals no published payload.
    for entry in (entry for manifest in pending for entry in manifest.datasets):
        before = known.get(entry.dataset_id)
        if before is None or entry.changed or entry.status == "deleted":
            known[entry.dataset_id] = KnownDataset(
                dataset_id=entry.dataset_id,
                payload_sha256=None,
                is_shared=entry.is_shared,
                dataset_type_id=entry.dataset_type_id,
                is_custom=before.is_custom if before else False,
                status=entry.status,
            )
    return known


def read_known_shape(data_dir: DataDir) -> list[FieldShape]:
    """How the API's fields came in all syncs so far; empty before the first."""
    published = data_dir.published_sync_id()
    newest = max(data_dir.whole_sync_ids(after=published or ""), default=published)
    return read_manifest(data_dir.lake_of(newest) / MANIFEST).shape if newest else []
