"""``iceberg.json`` in the data directory: how Iceberg stood when it was last brought up to date."""

import msgspec

from aegis_etl.lake.files import private_modes, write_file
from aegis_etl.lake.paths import DataDir

NOTE = "iceberg.json"


class IcebergState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether Iceberg holds what was published.

    Attributes:
        sync_id: the version that was published then.
        warning: why Iceberg does not hold it; None when it does.
        is_replaced: the history was made anew, and what Iceberg holds of it is yet to be dropped.
    """

    sync_id: str
    warning: str | None
    is_replaced: bool = False


def write_state(data_dir: DataDir, state: IcebergState) -> None:
    """Notes how Iceberg stands now."""
    with private_modes():
        write_file(data_dir.root / NOTE, msgspec.json.encode(state))


def read_state(data_dir: DataDir) -> IcebergState | None:
    """How Iceberg stood; None where it was never brought up to date."""
    note = data_dir.root / NOTE
    return msgspec.json.decode(note.read_bytes(), type=IcebergState) if note.exists() else None
