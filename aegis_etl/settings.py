"""Every setting: name, default, meaning, what is accepted (contract: *Settings*)."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from aegis_etl.errors import SettingsError
from aegis_etl.lake_settings import LakeSettings
from aegis_etl.setting_fields import require_safe_url, setting

CHECKOUT = Path(__file__).resolve().parent.parent
SECRETS = {
    "AEGIS_API_KEY",
    "AEGIS_ICEBERG_CREDENTIAL",
    "AEGIS_SPARK_REMOTE",
    "AEGIS_WEBHOOK_URL",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
}


def _parse_type_ids(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "all":
        return "all"
    type_ids = tuple(int(part) for part in value.split(",") if part.strip())
    if any(type_id < 0 for type_id in type_ids):
        raise ValueError("no id is negative")
    return type_ids


TypeIds = Annotated[tuple[int, ...] | Literal["all"], BeforeValidator(_parse_type_ids)]


class Settings(LakeSettings):
    """The settings of one data directory, from the environment or a ``.env`` file beside you."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    api_key: SecretStr | None = setting(
        None,
        "AEGIS_API_KEY",
        "the bearer key, `sk_…`, required for a sync. Never printed, logged or stored",
        "a key without spaces, such as sk_0123…",
    )
    base_url: str = setting(
        "https://api.aegisevals.ai/api/v1",
        "AEGIS_BASE_URL",
        "where the API is; plain http is accepted for loopback hosts only",
        "an https:// address, or http:// of a loopback host",
    )
    data_dir: Path = setting(
        Path("data"), "AEGIS_DATA_DIR", "all data that a sync writes lies below it", "a folder"
    )
    dagster_home: Path | None = setting(
        None,
        "DAGSTER_HOME",
        "Dagster's own state; the checkout's `dagster_home/`, else below the data directory",
        "a folder",
    )
    max_concurrency: int = setting(
        8,
        "AEGIS_MAX_CONCURRENCY",
        "requests in flight at most; fewer while the API pushes back",
        "a whole number from 1 to 256",
        ge=1,
        le=256,
    )
    max_requests_per_second: float | None = setting(
        None,
        "AEGIS_MAX_REQUESTS_PER_SECOND",
        "a declared limit for all workers together; empty: adapt",
        "a number above 0, or empty",
        gt=0,
        allow_inf_nan=False,
    )
    page_size: int = setting(
        1000,
        "AEGIS_PAGE_SIZE",
        "datasets a page of the listing",
        "a whole number from 1 to 10000",
        ge=1,
        le=10000,
    )
    timeout_seconds: float = setting(
        60,
        "AEGIS_TIMEOUT_SECONDS",
        "per request: connect and between bytes",
        "seconds above 0",
        gt=0,
        allow_inf_nan=False,
    )
    max_attempts: int = setting(
        6,
        "AEGIS_MAX_ATTEMPTS",
        "tries for one request; a 429 does not use one up, 15 minutes of nothing but 429 do",
        "a whole number from 1 to 100",
        ge=1,
        le=100,
    )
    dataset_type_ids: TypeIds = setting(
        (),
        "AEGIS_DATASET_TYPE_IDS",
        "comma-separated ids listed besides the default (custom) type; `all` asks the API",
        "ids such as 2,5, or all",
    )
    max_payload_mb: int = setting(
        512,
        "AEGIS_MAX_PAYLOAD_MB",
        "a body that is larger, unpacked, fails its dataset without retry",
        "megabytes from 1 up",
        ge=1,
    )
    max_failed_fraction: float = setting(
        0.05,
        "AEGIS_MAX_FAILED_FRACTION",
        "more failed datasets than this fraction and more than 3, and nothing is published",
        "a number from 0 to 1",
        ge=0,
        le=1,
    )
    max_deleted_fraction: float = setting(
        0.5,
        "AEGIS_MAX_DELETED_FRACTION",
        "more vanished datasets than this fraction, and nothing is published",
        "a number from 0 to 1",
        ge=0,
        le=1,
    )
    resume_hours: float = setting(
        12,
        "AEGIS_RESUME_HOURS",
        "a killed sync younger than this is continued by the next one",
        "hours from 0 up",
        ge=0,
        allow_inf_nan=False,
    )
    raw_retention_days: float = setting(
        30,
        "AEGIS_RAW_RETENTION_DAYS",
        "older raw payloads are pruned, unless still the newest of their dataset",
        "days from 0 up",
        ge=0,
        allow_inf_nan=False,
    )
    group_read: bool = setting(
        False,
        "AEGIS_GROUP_READ",
        "lets the group read what is published, for analysts and BI accounts",
        "on or off",
    )
    watch: bool = setting(False, "AEGIS_WATCH", "starts the `watch` schedule", "on or off")
    timezone: str = setting(
        "UTC",
        "AEGIS_TIMEZONE",
        "of the 02:00 nightly schedule",
        "an IANA name such as Europe/Berlin",
    )
    webhook_url: SecretStr | None = setting(
        None,
        "AEGIS_WEBHOOK_URL",
        "gets a JSON post when a nightly sync, or `sync --notify`, fails or is partial",
        "an https:// address, or http:// of a loopback host",
    )
    iceberg_uri: str | None = setting(
        None,
        "AEGIS_ICEBERG_URI",
        "the Iceberg catalog that gets the history too, after each publication; empty: off",
        "the https:// address of a REST catalog, http:// of a loopback host, or sqlite:///FILE",
    )
    iceberg_warehouse: str | None = setting(
        None,
        "AEGIS_ICEBERG_WAREHOUSE",
        "the warehouse in that catalog: its name or location",
        "a name, or a location such as s3://bucket/prefix",
    )
    iceberg_namespace: str = setting(
        "aegis",
        "AEGIS_ICEBERG_NAMESPACE",
        "the namespace of this account's tables in that catalog; one of its own for each account",
        "ASCII letters, digits and underscores",
        pattern=r"^[A-Za-z0-9_]+$",
    )
    iceberg_credential: SecretStr | None = setting(
        None,
        "AEGIS_ICEBERG_CREDENTIAL",
        "what that catalog asks for: `client_id:client_secret`, or a bearer token. Never printed",
        "client_id:client_secret, or a token",
    )

    spark_remote: SecretStr | None = setting(
        None,
        "AEGIS_SPARK_REMOTE",
        "the Spark Connect server of `rebuild --spark`. Never printed, as a token may be in it",
        "sc://HOST:PORT, options as in sc://HOST:PORT/;token=…",
    )

    @field_validator("api_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value() if key else ""
        if key and not (text.isascii() and text.isprintable() and " " not in text):
            raise ValueError("no header can carry it")
        return key

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        require_safe_url(url)
        return url.rstrip("/")

    @field_validator("webhook_url")
    @classmethod
    def _check_webhook_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url:
            require_safe_url(url.get_secret_value())
        return url

    @field_validator("iceberg_uri")
    @classmethod
    def _check_iceberg_uri(cls, uri: str | None) -> str | None:
        if uri and not uri.startswith("sqlite:///"):
            require_safe_url(uri)
        return uri

    @field_validator("spark_remote")
    @classmethod
    def _check_spark_remote(cls, remote: SecretStr | None) -> SecretStr | None:
        if remote:
            parts = urlsplit(remote.get_secret_value())
            is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
            if parts.scheme != "sc" or not parts.hostname or parts.port == 0 or not is_plain:
                raise ValueError("no Spark Connect server")
        return remote

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("no such timezone")
        return str(ZoneInfo(name))

    @property
    def dagster_home_path(self) -> Path:
        """The absolute folder of Dagster's state (contract: ``DAGSTER_HOME``)."""
        in_checkout = CHECKOUT / "dagster_home"
        default = (
            in_checkout
            if (in_checkout / "dagster.yaml").is_file()
            else self.data_dir / "dagster_home"
        )
        return (self.dagster_home or default).absolute()

    def require_key(self) -> SecretStr:
        """The key that a sync needs.

        Raises:
            SettingsError: there is none.
        """
        if self.api_key is None:
            raise SettingsError(
                "AEGIS_API_KEY is not set: a sync needs the bearer key (sk_…); "
                "put it into the environment or a .env file"
            )
        return self.api_key

    @property
    def max_payload_bytes(self) -> int:
        """``AEGIS_MAX_PAYLOAD_MB`` in bytes."""
        return self.max_payload_mb * 1_000_000


def load_settings(**overrides: Any) -> Settings:
    """Reads the settings; overrides (such as ``data_dir``) win over the environment.

    Raises:
        SettingsError: one line a bad value: the setting, its value, what is accepted.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(dict(e)) for e in error.errors())) from None


def _explain(error: dict[str, Any]) -> str:
    name = str(error["loc"][0])
    fields = {field.validation_alias: field for field in Settings.model_fields.values()}
    field = fields.get(name) or Settings.model_fields[name]
    extra = field.json_schema_extra
    accepted = extra["accepted"] if isinstance(extra, dict) else ""
    given = repr(error.get("input"))
    value = "that value" if name in SECRETS or "@" in given else given  # user:secret@host
    return f"{field.validation_alias}: {value} is not accepted; use {accepted}"
