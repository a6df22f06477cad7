"""Brings the history in Iceberg up to the published version, if a catalog is set."""

import logging
from contextlib import suppress
from importlib.util import find_spec

from aegis_etl.errors import AegisEtlError, SettingsError
from aegis_etl.lake.paths import DataDir
from aegis_etl.settings import Settings
from aegis_etl.warehouse.connection import MEMORY_LIMIT, open_for_reading

logger = logging.getLogger(__name__)


def require_iceberg(settings: Settings) -> None:
    """Checks that what a set catalog needs is installed.

    Raises:
        SettingsError: it is not; says what to install.
    """
    if settings.iceberg_uri and find_spec("pyiceberg") is None:
        raise SettingsError(
            "AEGIS_ICEBERG_URI is set, but pyiceberg is not installed: "
            "pip install 'aegis_etl[iceberg]'"
        )


def update_iceberg(settings: Settings, data_dir: DataDir, *, anew: bool = False) -> list[str]:
    """Makes Iceberg say what the published version says; the next sync catches up a failure.

    Args:
        anew: publish all of the history again, because the published one was made anew. Where it
            failed, the next call does it.

    Returns:
        One warning where it failed; nothing where it did not, or where no catalog is set.
    """
    sync_id = data_dir.published_sync_id()
    if settings.iceberg_uri is None or sync_id is None:
        return []
    from aegis_etl.iceberg.state import IcebergState, read_state, write_state

    before = read_state(data_dir)
    anew = anew or (before is not None and before.is_replaced)
    warning = _try_update(settings, data_dir, anew=anew)
    state = IcebergState(sync_id=sync_id, warning=warning, is_replaced=anew and warning is not None)
    with suppress(OSError):  # a note that a full disk has no room for fails no night
        write_state(data_dir, state)
    if warning is None:
        return []
    logger.warning("%s", warning)
    return [warning]


def _try_update(settings: Settings, data_dir: DataDir, *, anew: bool) -> str | None:
    from aegis_etl.iceberg.catalog import open_history
    from aegis_etl.iceberg.publication import drop_history, publish_history

    try:
        if anew:
            with (
                open_history(settings) as history,
                open_for_reading(data_dir.warehouse, memory_limit=MEMORY_LIMIT) as connection,
            ):
                drop_history(connection, history)
        with (
            open_history(settings) as history,
            open_for_reading(data_dir.warehouse, memory_limit=MEMORY_LIMIT) as connection,
        ):
            publish_history(connection, history)
    except AegisEtlError as error:
        return f"iceberg: not up to date, the next sync tries again: {error}"
    return None
