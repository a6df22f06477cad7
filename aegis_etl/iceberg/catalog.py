"""Opens the Iceberg catalog that the settings name, and its tables."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from pydantic import SecretStr
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.table import Table as IcebergTable
from pyiceberg.utils.config import Config
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from aegis_etl.errors import AegisEtlError
from aegis_etl.iceberg.event_tables import EVENT_TABLES, SYNCS, describe_schema
from aegis_etl.settings import Settings
from aegis_etl.tables.columns import Table

CATALOG_NAME = "aegis"
"""Under this name pyiceberg's own configuration may add properties of the catalog."""

MOST_CHARACTERS = 400
"""Of an error's text: some catalogs answer with the trace of a stack."""

_KEYS = ("_event", "_sync_id", "_valid_from", "_valid_to", "dataset_id", "id", "run_id", "sync_id")
_PROPERTIES = {
    "format-version": "2",
    # In memory, before compression: bounds what one append, or one rewritten file, takes.
    "write.target-file-size-bytes": str(64_000_000),
    "commit.manifest-merge.enabled": "true",
    # Bounds of text columns would leave people's prompts in the metadata.
    "write.metadata.metrics.default": "counts",
}


class IcebergError(AegisEtlError):
    """The history in Iceberg could not be read or written; says why, without the credential."""


@dataclass(frozen=True)
class IcebergHistory:
    """The tables of one account's history in Iceberg.

    Attributes:
        events: by the table of ``history`` that they tell of, in the order of ``EVENT_TABLES``.
        syncs: the marker that readers go by.
    """

    catalog: Catalog
    namespace: str
    events: Mapping[str, IcebergTable]
    syncs: IcebergTable


@contextmanager
def open_history(settings: Settings) -> Iterator[IcebergHistory]:
    """The tables below ``AEGIS_ICEBERG_NAMESPACE``; what is missing is created.

    Raises:
        IcebergError: the catalog or its storage failed, here or within.
    """
    try:
        catalog = _open_catalog(settings)
        namespace = settings.iceberg_namespace
        catalog.create_namespace_if_not_exists(namespace)
        yield IcebergHistory(
            catalog,
            namespace,
            {name: _open_table(catalog, namespace, t) for name, t in EVENT_TABLES.items()},
            _open_table(catalog, namespace, SYNCS),
        )
    except AegisEtlError:
        raise
    except Exception as error:  # noqa: BLE001  its kinds have no base, and may name the credential
        text = _redact(f"{type(error).__name__}: {error}", settings)
        raise IcebergError(shorten(text, MOST_CHARACTERS, placeholder=" …")) from None


def _open_catalog(settings: Settings) -> Catalog:
    configured = Config().get_catalog_config(CATALOG_NAME) or {}
    properties = {**_find_storage(settings), **configured, **_find_catalog(settings)}
    if not properties["uri"].startswith("http"):
        return load_catalog(CATALOG_NAME, **properties)
    properties.setdefault("oauth2-server-uri", properties["uri"].rstrip("/") + "/v1/oauth/tokens")
    return _TimedRestCatalog(CATALOG_NAME, **properties)


def _find_storage(settings: Settings) -> dict[str, str]:
    """How to reach S3, unless the catalog hands out credentials of its own for each table."""
    found: dict[str, str | SecretStr | None] = {
        "s3.endpoint": settings.lake_endpoint,
        # Without one pyiceberg asks Amazon, wherever the bucket is.
        "s3.region": settings.lake_region if settings.lake_endpoint else settings.aws_region,
        "s3.access-key-id": settings.aws_access_key_id,
        "s3.secret-access-key": settings.aws_secret_access_key,
        "s3.session-token": settings.aws_session_token,
        "s3.connect-timeout": str(settings.timeout_seconds),
        "s3.request-timeout": str(settings.timeout_seconds),
    }
    return {name: _reveal(value) for name, value in found.items() if value}


def _find_catalog(settings: Settings) -> dict[str, str]:
    credential = _reveal(settings.iceberg_credential or "")
    found = {
        "uri": settings.iceberg_uri,
        "warehouse": settings.iceberg_warehouse,
        "credential" if ":" in credential else "token": credential,
    }
    return {name: value for name, value in found.items() if value}


def _reveal(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _open_table(catalog: Catalog, namespace: str, table: Table) -> IcebergTable:
    schema = describe_schema(table)
    keys = [name for name in table.names if name in _KEYS]
    opened = catalog.create_table_if_not_exists(
        f"{namespace}.{table.name}",
        schema=schema,
        properties=_PROPERTIES
        | {f"write.metadata.metrics.column.{name}": "full" for name in keys}
        | {"comment": table.description},
    )
    if not set(schema.names) <= set(opened.schema().column_names):
        with opened.update_schema() as update:
            update.union_by_name(schema)
    return opened


def _redact(text: str, settings: Settings) -> str:
    credential = _reveal(settings.iceberg_credential or "")
    secrets = (
        credential,
        credential.rpartition(":")[2],
        _reveal(settings.aws_secret_access_key or ""),
        _reveal(settings.aws_session_token or ""),
    )
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text


class _TimedRestCatalog(RestCatalog):
    """A REST catalog whose requests end: pyiceberg sets no time limit, and a sync holds a lock."""

    def _config_headers(self, session: Session) -> None:
        # The first that sees a new session, before the token is asked for.
        adapter = _TimedAdapter(float(self.properties["s3.request-timeout"]))
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        super()._config_headers(session)


class _TimedAdapter(HTTPAdapter):
    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        super().__init__()

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        return super().send(request, *args, **{**options, "timeout": self._timeout_seconds})
