"""A real S3 server with a real Iceberg REST catalog, on loopback ports of its own."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests
from engine_environments import prepare_environment

BUCKET = "aegis-history"
KEY_ID, SECRET = "aegis-tests", "of-no-value-anywhere"
_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
    "s3.port.iceberg",
)


@dataclass(frozen=True)
class IcebergServer:
    """Where it listens."""

    catalog_uri: str
    s3_endpoint: str

    @property
    def settings(self) -> dict[str, str]:
        """Our settings that lead there, by field name."""
        return {
            "iceberg_uri": self.catalog_uri,
            "iceberg_warehouse": f"s3://{BUCKET}",
            "iceberg_credential": f"{KEY_ID}:{SECRET}",
            "lake_endpoint_url": self.s3_endpoint,
            "aws_access_key_id": KEY_ID,
            "aws_secret_access_key": SECRET,
        }


@contextmanager
def serve_iceberg(folder: Path) -> Iterator[IcebergServer]:
    """Runs SeaweedFS with its data below a folder, until it is left."""
    access = folder / "access.json"
    credentials = [{"accessKey": KEY_ID, "secretKey": SECRET}]
    identity = {"name": "tests", "credentials": credentials, "actions": ["Admin"]}
    access.write_text(json.dumps({"identities": [identity]}))
    ports = dict(zip(_PORTS, _find_free_ports(len(_PORTS)), strict=True))
    command = [
        *(prepare_environment("seaweedfs") / "weed", "mini", f"-dir={folder}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"),
        *("-admin.ui=false", "-webdav=false", "-s3.port.lance=0"),
        *(f"-s3.config={access}", f"-tableBucket={BUCKET}"),
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            server = IcebergServer(
                f"http://127.0.0.1:{ports['s3.port.iceberg']}",
                f"http://127.0.0.1:{ports['s3.port']}",
            )
            _wait_until_ready(server, process)
            yield server
        finally:
            process.terminate()


def _wait_until_ready(server: IcebergServer, process: subprocess.Popen[bytes]) -> None:
    token = {
        "grant_type": "client_credentials",
        "client_id": KEY_ID,
        "client_secret": SECRET,
    }
    while process.poll() is None:
        with suppress(requests.RequestException):
            answer = requests.post(f"{server.catalog_uri}/v1/oauth/tokens", token, timeout=5)
            config = requests.get(
                f"{server.catalog_uri}/v1/{BUCKET}/namespaces",
                headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
                timeout=5,
            )
            if answer.ok and config.ok:
                return
        time.sleep(0.2)
    raise AssertionError("the server ended before it was ready; see server.log")


def _find_free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
