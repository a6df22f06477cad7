"""The settings that say where the lake lies, and how to reach it there."""

import os

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings

from aegis_etl.errors import SettingsError
from aegis_etl.setting_fields import require_lake_url, require_safe_url, setting

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
DEFAULT_REGION = "us-east-1"
ADDRESS = "an https:// address, or http:// of a loopback host"


class LakeSettings(BaseSettings):
    """Where ``raw/`` and ``lake/`` lie: below the data directory, or elsewhere."""

    lake_url: str | None = setting(
        None,
        "AEGIS_LAKE_URL",
        "where `raw/` and `lake/` lie: `s3://bucket/prefix`, or a folder",
        "s3://bucket/prefix, or a folder",
    )
    lake_endpoint_url: str | None = setting(
        None,
        "AEGIS_LAKE_ENDPOINT_URL",
        "the S3 server of that bucket, where it is not Amazon's; else `AWS_ENDPOINT_URL`",
        ADDRESS,
    )
    aws_access_key_id: str | None = setting(
        None,
        "AWS_ACCESS_KEY_ID",
        "the access key of that bucket; empty: the role of the machine",
        "an access key id",
    )
    aws_secret_access_key: SecretStr | None = setting(
        None,
        "AWS_SECRET_ACCESS_KEY",
        "the secret of that access key. Never printed, logged or stored",
        "a secret access key",
    )
    aws_session_token: SecretStr | None = setting(
        None,
        "AWS_SESSION_TOKEN",
        "the token of a temporary access key. Never printed, logged or stored",
        "a session token",
    )
    aws_region: str | None = setting(
        None,
        "AWS_REGION",
        "the region of that bucket; else `AWS_DEFAULT_REGION`",
        "a region such as eu-central-1",
    )

    @field_validator("lake_url")
    @classmethod
    def _check_lake_url(cls, url: str | None) -> str | None:
        if url:
            require_lake_url(url)
        return url

    @field_validator("lake_endpoint_url")
    @classmethod
    def _check_lake_endpoint_url(cls, url: str | None) -> str | None:
        if url:
            require_safe_url(url)
        return url

    @property
    def lake_endpoint(self) -> str | None:
        """The S3 server of the lake; None means Amazon's own.

        Raises:
            SettingsError: the variable that other S3 tools read names what is not accepted here.
        """
        if self.lake_endpoint_url:
            return self.lake_endpoint_url
        name = next((name for name in ENDPOINT_VARIABLES if os.environ.get(name)), None)
        if name is None:
            return None
        try:
            require_safe_url(os.environ[name])
        except ValueError as error:
            raise SettingsError(f"{name}: {error}; use {ADDRESS}") from None
        return os.environ[name]

    @property
    def lake_region(self) -> str:
        """The region of the lake's bucket."""
        return self.aws_region or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
