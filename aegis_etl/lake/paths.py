"""Where everything lies below ``AEGIS_DATA_DIR`` (contract: *Files*), and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE_NAMES = ("datasets", "records", "runs", "evaluations")
MANIFEST = "manifest.json"
BLOCKED_MANIFEST = "manifest.blocked.json"
AUDITS = "audits.json"
WAREHOUSE = "warehouse.duckdb"


@dataclass(frozen=True)
class DataDir:
    """The data directory of one account: names every path, creates none."""

    root: Path

    @property
    def raw(self) -> Path:
        """Payloads as received, a folder a sync."""
        return self.root / "raw"

    @property
    def lake(self) -> Path:
        """Flat tables and manifests, a folder a sync."""
        return self.root / "lake"

    @property
    def versions(self) -> Path:
        """Published versions, a folder a sync, never written again."""
        return self.root / "versions"

    @property
    def building(self) -> Path:
        """Versions that are being built, or that an audit blocked: no reader looks here."""
        return self.root / "building"

    @property
    def current(self) -> Path:
        """The link to the published version."""
        return self.root / "current"

    @property
    def warehouse(self) -> Path:
        """The fixed link to the published warehouse."""
        return self.root / WAREHOUSE

    @property
    def marts(self) -> Path:
        """The fixed link to the published marts."""
        return self.root / "marts"

    @property
    def report(self) -> Path:
        """The fixed link to the published report."""
        return self.root / "report.html"

    @property
    def metric_names(self) -> Path:
        """The user's own names of metrics."""
        return self.root / "metric_names.csv"

    @property
    def lock(self) -> Path:
        """The file whose lock excludes a second writer."""
        return self.root / ".lock"

    def raw_of(self, sync_id: str) -> Path:
        """The raw folder of one sync."""
        return self.raw / f"sync={sync_id}"

    def lake_of(self, sync_id: str) -> Path:
        """The lake folder of one sync."""
        return self.lake / f"sync={sync_id}"

    def table_of(self, sync_id: str, table: str) -> Path:
        """The Parquet file of one table of one sync."""
        return self.lake_of(sync_id) / f"{table}.parquet"

    def version_of(self, sync_id: str) -> Path:
        """The folder of one published version."""
        return self.versions / sync_id

    def building_of(self, sync_id: str) -> Path:
        """The folder in which one version is built."""
        return self.building / sync_id

    def sync_ids(self) -> list[str]:
        """Every sync id that the lake or raw knows, whole or not, oldest first."""
        return sorted({*_ids_in(self.raw), *_ids_in(self.lake)})

    def raw_sync_ids(self) -> list[str]:
        """The syncs whose raw payloads are kept, at least in part, oldest first."""
        return sorted(_ids_in(self.raw))

    def whole_sync_ids(self) -> list[str]:
        """The syncs that exist: those with a manifest, oldest first."""
        return sorted(i for i in _ids_in(self.lake) if (self.lake_of(i) / MANIFEST).is_file())

    def unfinished_sync_ids(self) -> list[str]:
        """The syncs that ended in the middle: with neither manifest, oldest first."""
        return [i for i in self.sync_ids() if not self.has_ended(i)]

    def has_ended(self, sync_id: str) -> bool:
        """Whether a sync has a manifest, also one of a blocked night."""
        return any(
            (self.lake_of(sync_id) / name).is_file() for name in (MANIFEST, BLOCKED_MANIFEST)
        )

    def published_sync_id(self) -> str | None:
        """The sync id of the published version, or None before the first."""
        return self.current.readlink().name if self.current.is_symlink() else None


def _ids_in(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        for child in folder.iterdir():
            if child.name.startswith("sync="):
                yield child.name.removeprefix("sync=")
