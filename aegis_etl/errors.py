"""The errors that a person sees, and the exit status of each.

::

    AegisEtlError           1  the sync failed, nothing new was published
    ├── SettingsError       2  a setting or an argument is wrong
    ├── QueryError          2  a query is wrong
    ├── SyncRunningError    4  another sync of this data directory is running
    ├── SyncStoppedError    1  the sync stopped itself before it published
    ├── DataDamagedError    1  a file below the data directory is not what it was
    └── LakeStoreError      1  the object store of the lake gave no answer, or refused
    (aegis_etl.api.errors adds ApiError and its kinds)
"""


class AegisEtlError(Exception):
    """An error whose text is one or two lines that say what to do."""

    exit_status = 1


class SettingsError(AegisEtlError):
    """A setting or an argument is wrong: names it, its value and what is accepted."""

    exit_status = 2


class QueryError(AegisEtlError):
    """A query of the warehouse is wrong."""

    exit_status = 2


class SyncRunningError(AegisEtlError):
    """Another sync of this data directory is running."""

    exit_status = 4


class SyncStoppedError(AegisEtlError):
    """The sync stopped itself before it published, because something was not proven."""


class DataDamagedError(AegisEtlError):
    """A file below the data directory is not what it was when it was written."""


class LakeStoreError(AegisEtlError):
    """The object store that holds the lake gave no answer, or refused."""
