"""The command: what it says without its extra, where it serves, and what it leaves behind."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from dashboard_account import TURNED_ON

from aegis_etl.dashboard.server import PREFERRED_PORT, choose_port
from aegis_etl.errors import SettingsError

WITHOUT_STREAMLIT = """
import sys
sys.modules["streamlit"] = None
sys.argv = ["aegis-etl", "dashboard"]
from aegis_etl.cli import main
main()
"""


def test_without_its_extra_it_says_what_to_install() -> None:
    """Where Streamlit is not installed: one line with the command that installs it, exit 2."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_STREAMLIT], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: the dashboard needs Streamlit: pip install 'aegis_etl[dashboard]'\n"
    )


def test_a_wanted_port_is_taken_or_refused_in_one_line() -> None:
    """``--port`` is served on, or named as unusable; it is never silently another."""
    with take_port() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--port: {port} cannot be used"):
            choose_port(port)
    assert choose_port(port) == port


def test_without_a_wish_any_free_port_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """8501 where it is free, else another; 0 asks for any."""
    assert PREFERRED_PORT == 8501
    with take_port() as taken:
        preferred = taken.getsockname()[1]
        monkeypatch.setattr("aegis_etl.dashboard.server.PREFERRED_PORT", preferred)
        assert choose_port(None) not in {0, preferred}
    assert choose_port(None) == preferred
    assert choose_port(0) > 0


def take_port() -> socket.socket:
    """Listens on a port that the system gives to nobody who asks for any."""
    for port in random.sample(range(10_000, 30_000), 1000):
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    raise AssertionError("no port is free")


@pytest.mark.skipif(find_spec("streamlit") is None, reason="Streamlit is not installed")
def test_it_serves_on_loopback_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """It listens on 127.0.0.1 alone, ends when interrupted, and writes nothing at home or here.

    A page whose name somebody else pointed at loopback is refused, and no configuration of the
    user's own opens it to others.
    """
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir()
    folder.mkdir()
    (folder / "streamlit.py").write_text("raise SystemExit('imported from the working directory')")
    before = sorted(folder.iterdir())
    with take_port() as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("aegis-etl"),
            *("dashboard", "--no-browser", "--port", str(port)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            **TURNED_ON,
            "HOME": str(home),
            "AEGIS_DATA_DIR": str(tmp_path / "data"),
        },
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        _wait_until_it_answers(f"{address}/_stcore/health", process)
        listening = {
            connection.laddr.ip
            for connection in psutil.Process(process.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        statuses = [
            _shake_hands(address, host) for host in ("127.0.0.1", "localhost", "example.org")
        ]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=600) == 0
    finally:
        process.kill()
        process.communicate()

    assert listening == {"127.0.0.1"}
    assert statuses == [101, 101, 403]
    assert list(home.iterdir()) == []
    assert sorted(folder.iterdir()) == before
    assert not (tmp_path / "data").exists()


def _wait_until_it_answers(url: str, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            with urlopen(url) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server ended with {process.returncode}")


def _shake_hands(address: str, host: str) -> int:
    """The status of opening a WebSocket under a host's name."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=600)
    headers = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    connection.request("GET", "/_stcore/stream", headers=headers)
    with closing(connection):
        return connection.getresponse().status
