"""A pooled HTTP session that does what we ask and nothing of its own accord."""

from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase


class BearerKey(AuthBase):
    """Puts the key on each request, and shows it nowhere else."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        return request

    def __repr__(self) -> str:
        return "BearerKey('**********')"


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, because requests reads a redirect's body, however large, without following it."""


def open_session(base_url: str, key: SecretStr, *, connections: int) -> requests.Session:
    """A session for one API and one key, which many threads may share.

    Proxies and the CA bundle come from the environment, once; then the environment is not looked
    at again, so that no ``.netrc`` replaces the key. Plain http reaches loopback hosts only (the
    settings see to it), and a proxy would take it elsewhere.
    """
    session = _Session()
    if urlsplit(base_url).scheme == "https":
        found = session.merge_environment_settings(base_url, {}, None, None, None)
        session.proxies = found["proxies"]
        session.verify = found["verify"]
    session.trust_env = False
    session.auth = BearerKey(key)
    session.headers.update(
        {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"aegis-etl/{version('aegis_etl')}",
        }
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
