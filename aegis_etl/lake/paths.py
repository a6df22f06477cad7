"""Where everything lies (contract: *Files*), and nothing else."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aegis_etl.lake.files import LakePath
from aegis_etl.lake.objects import ObjectPath, ObjectStore, StoreAccess

if TYPE_CHECKING:
    from aegis_etl.settings import Settings

TABLE_NAMES = ("datasets", "records", "runs", "evaluations")
MANIFEST = "manifest.json"
BLOCKED_MANIFEST = "manifest.blocked.json"
AUDITS = "audits.json"
WAREHOUSE = "warehouse.duckdb"
COPIES = ".lake"


@dataclass(frozen=True)
class DataDir:
    """The data directory of one account: names every path, creates none.

    Attributes:
        lake_elsewhere: what ``raw`` and ``lake`` lie below where ``AEGIS_LAKE_URL`` says so.
    """

    root: Path
    lake_elsewhere: LakePath | None = None

    @property
    def lake_root(self) -> LakePath:
        """What ``raw`` and ``lake`` lie below."""
        return self.lake_elsewhere or self.root

    @property
    def raw(self) -> LakePath:
        """Payloads as received, a folder a sync."""
        return self.lake_root / "raw"

    @property
    def lake(self) -> LakePath:
        """Flat tables and manifests, a folder a sync."""
        return self.lake_root / "lake"

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

    def raw_of(self, sync_id: str) -> LakePath:
        """The raw folder of one sync."""
        return self.raw / f"sync={sync_id}"

    def lake_of(self, sync_id: str) -> LakePath:
        """The lake folder of one sync."""
        return self.lake / f"sync={sync_id}"

    def table_of(self, sync_id: str, table: str) -> LakePath:
        """The Parquet file of one table of one sync."""
        return self.lake_of(sync_id) / f"{table}.parquet"

    def name_of(self, path: LakePath) -> str:
        """The name by which a manifest lists a file of raw or the lake."""
        if isinstance(path, ObjectPath):
            return path.key
        return path.relative_to(str(self.lake_root)).as_posix()

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

    def whole_sync_ids(self, *, after: str = "") -> list[str]:
        """The syncs that exist: those with a manifest, oldest first.

        Args:
            after: only those that are later than this one; then a long past is not looked at.
        """
        if not after:
            return sorted(self._ids_with(MANIFEST))
        later = (sync_id for sync_id in _ids_in(self.lake) if sync_id > after)
        return sorted(i for i in later if (self.lake_of(i) / MANIFEST).is_file())

    def blocked_sync_ids(self) -> list[str]:
        """The syncs that an audit blocked, oldest first."""
        return sorted(self._ids_with(BLOCKED_MANIFEST))

    def ended_sync_ids(self) -> set[str]:
        """The syncs with a manifest, also one of a blocked night."""
        return set(self._ids_with("manifest*.json"))

    def unfinished_sync_ids(self, *, begun_elsewhere_before: str = "") -> list[str]:
        """The syncs that ended in the middle: with neither manifest, oldest first.

        Another machine may be at work on one in an object store that this data directory did not
        begin: it counts only if it is older than that sync id, and newer than what is published.
        """
        is_shared = isinstance(self.lake_root, ObjectPath)
        published = self.published_sync_id() or ""
        return [
            sync_id
            for sync_id in self.sync_ids()
            if (
                not is_shared
                or self.building_of(sync_id).exists()
                or published < sync_id < begun_elsewhere_before
            )
            and not self.has_ended(sync_id)
        ]

    def has_ended(self, sync_id: str) -> bool:
        """Whether a sync has a manifest, also one of a blocked night."""
        return any(
            (self.lake_of(sync_id) / name).is_file() for name in (MANIFEST, BLOCKED_MANIFEST)
        )

    def published_sync_id(self) -> str | None:
        """The sync id of the published version, or None before the first."""
        return self.current.readlink().name if self.current.is_symlink() else None

    def _ids_with(self, name: str) -> Iterator[str]:
        return (_id_of(path.parent) for path in self.lake.glob(f"sync=*/{name}"))


def open_data_dir(settings: "Settings") -> DataDir:
    """The data directory of these settings, with the lake where ``AEGIS_LAKE_URL`` says.

    Raises:
        SettingsError: the lake is in an object store, and the extra ``s3`` is not installed.
    """
    data_dir = DataDir(settings.data_dir.absolute())
    url = settings.lake_url
    if url is None:
        return data_dir
    if "://" not in url:
        return DataDir(data_dir.root, Path(url).absolute())
    access = StoreAccess(
        endpoint_url=settings.lake_endpoint,
        region=settings.lake_region,
        access_key_id=settings.aws_access_key_id,
        secret_access_key=settings.aws_secret_access_key,
        session_token=settings.aws_session_token,
    )
    store = ObjectStore(url, access, copies=data_dir.building / COPIES)
    return DataDir(data_dir.root, ObjectPath("", store))


def _ids_in(folder: LakePath) -> Iterator[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield from (_id_of(child) for child in folder.iterdir() if child.name.startswith("sync="))


def _id_of(folder: LakePath) -> str:
    return folder.name.removeprefix("sync=")
