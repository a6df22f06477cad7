"""One writer of a data directory at a time; a killed one leaves no lock behind."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from aegis_etl.errors import AegisEtlError, SettingsError, SyncRunningError
from aegis_etl.lake.files import create_folder, drop_copies
from aegis_etl.lake.paths import DataDir


@contextmanager
def hold_lock(data_dir: DataDir, *, wait_seconds: float = 0) -> Iterator[None]:
    """Excludes every other writer of the data directory; the lock dies with its process.

    No process that the holder starts inherits it. A lake in another folder is locked likewise;
    against other machines a lake in an object store has ``claim_folder`` and ``write_new_file``.

    Raises:
        SyncRunningError: another sync of the data directory is running.
        SettingsError: the data directory is no folder.
        AegisEtlError: it cannot be written.
    """
    folders = {data_dir.root: "AEGIS_DATA_DIR"}
    if isinstance(data_dir.lake_root, Path):
        folders.setdefault(data_dir.lake_root, "AEGIS_LAKE_URL")
    with ExitStack() as stack:
        for folder, setting in folders.items():
            stack.enter_context(_hold(folder, setting, wait_seconds))
        drop_copies(data_dir.lake_root)  # a killed process may have left some
        stack.callback(drop_copies, data_dir.lake_root)
        yield


@contextmanager
def _hold(folder: Path, setting: str, wait_seconds: float) -> Iterator[None]:
    # Not bound to a thread: the step that ends a sync may run in another one than the first.
    lock = FileLock(DataDir(folder).lock, timeout=wait_seconds, mode=0o600, thread_local=False)
    try:
        create_folder(folder)
        lock.acquire()
    except Timeout:
        raise SyncRunningError(
            f"another sync of {folder} is running; wait for it, or see aegis-etl status"
        ) from None
    except (FileExistsError, NotADirectoryError) as error:
        raise SettingsError(f"{setting}: {folder} is no folder; name one") from error
    except OSError as error:
        raise AegisEtlError(
            f"{folder} cannot be written ({error.strerror}): nothing was changed; "
            f"let {setting} name a folder that this user may write"
        ) from error
    try:
        yield
    finally:
        lock.release()
