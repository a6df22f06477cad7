"""One writer of a data directory at a time; a killed one leaves no lock behind."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from aegis_etl.errors import AegisEtlError, SettingsError, SyncRunningError
from aegis_etl.lake.files import create_folder
from aegis_etl.lake.paths import DataDir


@contextmanager
def hold_lock(data_dir: DataDir, *, wait_seconds: float = 0) -> Iterator[None]:
    """Excludes every other writer of the data directory; the lock dies with its process.

    No process that the holder starts inherits it.

    Raises:
        SyncRunningError: another sync of the data directory is running.
        SettingsError: the data directory is no folder.
        AegisEtlError: it cannot be written.
    """
    # Not bound to a thread: the step that ends a sync may run in another one than the first.
    lock = FileLock(data_dir.lock, timeout=wait_seconds, mode=0o600, thread_local=False)
    try:
        create_folder(data_dir.root)
        lock.acquire()
    except Timeout:
        raise SyncRunningError(
            f"another sync of {data_dir.root} is running; wait for it, or see aegis-etl status"
        ) from None
    except (FileExistsError, NotADirectoryError) as error:
        raise SettingsError(f"AEGIS_DATA_DIR: {data_dir.root} is no folder; name one") from error
    except OSError as error:
        raise AegisEtlError(
            f"{data_dir.root} cannot be written ({error.strerror}): nothing was changed; "
            "let AEGIS_DATA_DIR name a folder that this user may write"
        ) from error
    try:
        yield
    finally:
        lock.release()
