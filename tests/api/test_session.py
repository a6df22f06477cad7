"""What a session takes from the environment: proxies and the CA bundle of an https API, once."""

import pytest
from pydantic import SecretStr

from aegis_etl.api.session import open_session

HTTPS = "https://api.example.org/api/v1"


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """An environment with a proxy and a CA bundle."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    return monkeypatch


def _open(url):
    return open_session(url, SecretStr("sk_1"), connections=2)


@pytest.mark.usefixtures("environment")
def test_https_goes_through_the_proxy_of_the_environment(tmp_path):
    """HTTPS_PROXY and REQUESTS_CA_BUNDLE count; afterwards the environment is not looked at."""
    with _open(HTTPS) as session:
        assert session.proxies["https"] == "http://proxy.example.org:3128"
        assert session.verify == str(tmp_path / "bundle.pem")
        assert not session.trust_env


def test_no_proxy_counts(environment):
    """A host that NO_PROXY names is reached directly."""
    environment.setenv("NO_PROXY", "example.org")
    with _open(HTTPS) as session:
        assert "https" not in session.proxies


@pytest.mark.usefixtures("environment")
def test_plain_http_never_leaves_the_machine():
    """A loopback API is reached directly, whatever HTTP_PROXY says."""
    with _open("http://127.0.0.1:8080/api/v1") as session:
        assert not session.proxies


def test_certificates_are_checked(monkeypatch):
    """Without a bundle of its own the default one is checked against."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with _open(HTTPS) as session:
        assert session.verify is True
