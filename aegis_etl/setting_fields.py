"""How a setting is declared, and which addresses are accepted."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

_S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_=.-]+)*/?")


def setting(default: Any, name: str, meaning: str, accepted: str, **bounds: Any) -> Any:
    """A field read from the environment variable of that name."""
    return Field(
        default,
        validation_alias=name,
        description=meaning,
        json_schema_extra={"accepted": accepted},
        **bounds,
    )


def require_safe_url(url: str) -> None:
    """Accepts an https address, and http of a loopback host, without credentials in it.

    Raises:
        ValueError: it is another one.
    """
    parts = urlsplit(url)
    if parts.port == 0:  # reading it also refuses what is no port
        raise ValueError("no port")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("no credentials, query or fragment")
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
        raise ValueError("plain http reaches loopback hosts only")


def require_lake_url(url: str) -> None:
    """Accepts ``s3://bucket/prefix`` in characters that every S3 server takes alike, and a path.

    Raises:
        ValueError: it is neither.
    """
    is_path = re.match(r"[A-Za-z0-9+.-]+:", url) is None
    is_bucket = _S3_URL.fullmatch(url) and not {".", ".."} & set(url.split("/"))
    if not is_path and not is_bucket:
        raise ValueError("no bucket and no folder")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
