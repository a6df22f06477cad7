"""What a person is told of a sync."""

from datetime import datetime
from typing import Literal, Self

import msgspec

from aegis_etl.lake.manifest import Kind, Manifest, SyncError


class SyncSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one sync, as ``aegis-etl sync --json`` prints them.

    Attributes:
        status: ``complete``, ``partial`` (published, but some datasets failed), or ``unchanged`` (a
            watch found nothing new and left nothing behind).
        warnings: audits that did not pass but do not block, drift of the API's shape included; and
            a publication to Iceberg that failed.
        resumed: a killed sync was continued.
    """

    sync_id: str
    kind: Kind
    status: Literal["complete", "partial", "unchanged"]
    started_at: datetime
    finished_at: datetime
    datasets_listed: int
    datasets_fetched: int
    datasets_changed: int
    datasets_failed: int
    datasets_deleted: int
    requests: int
    retries: int
    bytes_received: int
    rows: dict[str, int]
    errors: list[SyncError]
    warnings: list[str]
    resumed: bool
    warehouse: str

    @property
    def exit_status(self) -> int:
        """The contract's exit status: 3 where some datasets failed."""
        return 3 if self.status == "partial" else 0

    @classmethod
    def of(cls, manifest: Manifest, *, warnings: list[str], resumed: bool, warehouse: str) -> Self:
        """The summary of a published sync."""
        return cls(
            sync_id=manifest.sync_id,
            kind=manifest.kind,
            status=manifest.status,
            started_at=manifest.started_at,
            finished_at=manifest.finished_at,
            datasets_listed=len(manifest.ids_listed),
            datasets_fetched=manifest.datasets_fetched,
            datasets_changed=manifest.datasets_changed,
            datasets_failed=manifest.datasets_failed,
            datasets_deleted=manifest.datasets_deleted,
            requests=manifest.requests,
            retries=manifest.retries,
            bytes_received=manifest.bytes_received,
            rows=manifest.rows,
            errors=[_shorten(error) for error in manifest.errors],
            warnings=warnings,
            resumed=resumed,
            warehouse=warehouse,
        )

    def to_json(self) -> str:
        """The summary as one JSON object."""
        return msgspec.json.encode(self).decode()

    def describe(self) -> list[str]:
        """The summary in plain lines: one for the sync, one for each failed dataset and warning."""
        rows = ", ".join(f"{count:,} {table}" for table, count in self.rows.items())
        lines = [
            f"sync {self.sync_id} {self.status}{' (resumed)' if self.resumed else ''}: "
            f"{self.datasets_listed:,} datasets listed, {self.datasets_fetched:,} fetched, "
            f"{self.datasets_changed:,} changed, {self.datasets_failed:,} failed, "
            f"{self.datasets_deleted:,} deleted; flattened {rows or 'nothing'}; "
            f"{self.requests:,} requests, {self.retries:,} of them retries"
        ]
        lines += [f"failed: {_name(error)}: {error.error}" for error in self.errors]
        lines += [f"warning: {warning}" for warning in self.warnings]
        return lines


def _shorten(error: SyncError) -> SyncError:
    """The error without the row that it left out: that is in ``meta.sync_errors``."""
    reason, _, _ = error.error.partition("; row left out: ")
    return msgspec.structs.replace(error, error=reason)


def _name(error: SyncError) -> str:
    where = "listing" if error.dataset_id is None else f"dataset {error.dataset_id}"
    return f"{where} ({error.stage})"
