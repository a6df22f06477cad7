"""The key goes to the API and nowhere else, over real sockets."""

import gzip
import logging
import traceback
import tracemalloc

import pytest
from scripted_api import KEY, Reply, always
from scripted_faults import FINAL, GOOD, TRANSIENT

from aegis_etl.api.bodies import check_json
from aegis_etl.api.client import Client
from aegis_etl.api.errors import ApiError
from aegis_etl.errors import SettingsError
from aegis_etl.settings import Settings


def test_no_redirect_takes_the_key_elsewhere(serve, connect):
    """The target of a redirect is never asked, and the body of the redirect not unpacked."""
    elsewhere = serve(always(GOOD))
    bomb = gzip.compress(bytes(50_000_000))
    headers = {"Location": elsewhere.base_url, "Content-Encoding": "gzip"}
    client = connect(serve(always(Reply(302, bomb, headers))), max_payload_mb=1)
    tracemalloc.start()
    with pytest.raises(ApiError):
        client.get("/datasets/1", check_json)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elsewhere.asked == []
    assert peak < 10_000_000


def test_requests_carry_the_key_and_our_name(serve, connect):
    """GET only, bearer key, JSON, our name, no cookie, even after one was offered."""
    api = serve(always(Reply(headers={"Set-Cookie": "session=1; Path=/"})))
    client = connect(api)
    for _ in range(2):
        client.get("/datasets", check_json, {"page": 1, "shared": "true"})
    asked = api.asked[1]
    assert (asked.method, asked.query) == ("GET", {"page": "1", "shared": "true"})
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["user-agent"].startswith("aegis-etl/")
    assert "cookie" not in asked.headers


def test_the_environment_changes_neither_key_nor_way(serve, connect, monkeypatch, tmp_path):
    """No .netrc replaces the key, and no proxy takes plain http away from the loopback host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    api = serve(always(GOOD))
    connect(api).get("/datasets/1", check_json)
    assert api.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_key_is_shown_nowhere(serve, connect, caplog):
    """Neither repr, nor logs down to debug, nor the traceback of any error holds the key."""
    caplog.set_level(logging.DEBUG)
    shown = []
    for reply in [*(reply for reply, _ in TRANSIENT.values()), *map(Reply, FINAL)]:
        client = connect(serve(always(reply)), max_attempts=2)
        shown += [repr(client), repr(client._session.auth), str(vars(client))]
        try:
            client.get("/datasets/1", check_json)
        except ApiError as error:
            shown += ["".join(traceback.format_exception(error)), repr(error), str(vars(error))]
    shown += [record.getMessage() for record in caplog.records]
    assert len(shown) > 100
    assert not [text for text in shown if KEY in text]


def test_a_missing_key_is_a_wrong_setting():
    """Without a key nothing is asked: one line names the setting."""
    with pytest.raises(SettingsError, match="AEGIS_API_KEY"):
        Client(Settings(_env_file=None, api_key=None))
