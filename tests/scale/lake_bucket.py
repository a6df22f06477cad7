"""A bucket on a real S3 server, a line to it that can be cut, and accounts with a lake in it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from iceberg_server import KEY_ID, SECRET, serve_iceberg
from pyarrow.fs import S3FileSystem
from sync_account import SyncedAccount

from aegis_etl.lake.paths import open_data_dir
from aegis_etl.sandbox import Sandbox, World
from aegis_etl.settings import LakeSettings

BUCKET = "aegis-lake"


@dataclass(frozen=True)
class Bucket:
    """Where the server of the bucket listens."""

    endpoint: str

    def new_lake(self) -> dict[str, str]:
        """Our settings, by field name, of a lake that nobody has written to."""
        return {
            "lake_url": f"s3://{BUCKET}/accounts/{uuid4().hex}",
            "lake_endpoint_url": self.endpoint,
            "aws_access_key_id": KEY_ID,
            "aws_secret_access_key": SECRET,
        }


@contextmanager
def serve_bucket(folder: Path) -> Iterator[Bucket]:
    """Serves an empty bucket, until it is left."""
    with serve_iceberg(folder) as server:
        S3FileSystem(
            access_key=KEY_ID,
            secret_key=SECRET,
            endpoint_override=server.s3_endpoint,
            allow_bucket_creation=True,
        ).create_dir(BUCKET)
        yield Bucket(server.s3_endpoint)


class BucketAccount(SyncedAccount):
    """A served world, a data directory, and a lake in a bucket."""

    def __init__(self, sandbox: Sandbox, root: Path, **settings: Any) -> None:
        super().__init__(sandbox, root, **settings)
        self.data_dir = open_data_dir(self.settings())

    @property
    def variables(self) -> dict[str, str]:
        """The settings of the lake, by environment variable."""
        fields = LakeSettings.model_fields
        return {str(fields[name].validation_alias): value for name, value in self._settings.items()}

    def objects(self) -> list[str]:
        """The keys of all objects of the lake."""
        return sorted(path.key for path in self.data_dir.lake_root.glob("*/*/*"))


@contextmanager
def bucket_account(
    root: Path, lake: dict[str, str], world: World | None = None
) -> Iterator[BucketAccount]:
    """Serves a world, by default a small one, and names where it is synced to."""
    served = world or World(datasets=6, records=3, metrics=2, runs=2, proprietary=0)
    with Sandbox(served) as sandbox:
        yield BucketAccount(sandbox, root, **lake)


class Line:
    """A line to the server that counts what passes, and can be cut.

    Attributes:
        sent: bytes that went to the server.
        received: bytes that came from it.
    """

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("http://").partition(":")
        self._server = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = "http://{}:{}".format(*self._listening.getsockname())
        self.sent = self.received = 0
        self._is_cut = False
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def cut(self) -> None:
        """Ends all connections, and each new one at once."""
        self._is_cut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Lets new connections pass again."""
        self._is_cut = False

    def close(self) -> None:
        """Gives up the port."""
        self.cut()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()
        for end in self._open:
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self._is_cut:
                    near.close()
                    continue
                far = socket.create_connection(self._server)
                self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            to_server = target.getpeername() == self._server
            while piece := source.recv(65536):
                target.sendall(piece)
                if to_server:
                    self.sent += len(piece)
                else:
                    self.received += len(piece)
            target.shutdown(socket.SHUT_WR)
