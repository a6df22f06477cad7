"""The lake in an S3 bucket: whole objects, put and listed by obstore, Parquet read by pyarrow.

An object is there whole or not at all: S3 shows none before its last byte has arrived.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from aegis_etl.errors import LakeStoreError, SettingsError

if TYPE_CHECKING:
    from pydantic import SecretStr

CHUNK_BYTES = 16_000_000
CHUNKS_IN_FLIGHT = 4
LISTED_AT_ONCE = 1000
CONNECT_SECONDS = 10
REQUEST_SECONDS = 300
RETRIES = 6
RETRY_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class StoreAccess:
    """How to reach a bucket; what is None is left to the machine: its role, AWS's own endpoint."""

    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: "SecretStr | None" = None
    session_token: "SecretStr | None" = None


class ObjectStore:
    """The objects below a prefix of a bucket, by key.

    Args:
        url: ``s3://bucket/prefix``.
        copies: the local folder of files on their way to the bucket, and of copies of objects.

    Raises:
        SettingsError: the extra ``s3`` is not installed.
        LakeStoreError: from every method: the store gave no answer, or refused.
        FileNotFoundError: from every method with a key: there is no such object.
    """

    def __init__(self, url: str, access: StoreAccess, *, copies: Path) -> None:
        self.url = url.rstrip("/")
        self.copies = copies
        self._access = access
        try:
            import obstore
        except ModuleNotFoundError:
            raise SettingsError(
                f"AEGIS_LAKE_URL: {url} needs the extra s3: pip install 'aegis_etl[s3]'"
            ) from None
        self._obstore: Any = obstore

    def list_below(self, key: str) -> Iterator[tuple[str, int]]:
        """Key and size of every object below a key, in no order."""
        with self._explained():
            for chunk in self._obstore.list(self._client, key or None, chunk_size=LISTED_AT_ONCE):
                yield from ((found["path"], found["size"]) for found in chunk)

    def list_children(self, key: str) -> list[str]:
        """The keys that are one segment longer, of objects or with objects below them."""
        with self._explained():
            found = self._obstore.list_with_delimiter(self._client, key or None)
        return [*found["common_prefixes"], *(child["path"] for child in found["objects"])]

    def measure(self, key: str) -> int:
        """The size of an object in bytes."""
        with self._explained():
            return int(self._obstore.head(self._client, key)["size"])

    def stream(self, key: str) -> Iterator[bytes]:
        """The content of an object, a piece at a time."""
        with self._explained():
            for piece in self._obstore.get(self._client, key).stream():
                yield bytes(piece)

    def put(self, key: str, content: bytes | Path) -> None:
        """Writes an object whole, in the place of one of that key."""
        with self._explained():
            self._obstore.put(
                self._client,
                key,
                content,
                chunk_size=CHUNK_BYTES,
                max_concurrency=CHUNKS_IN_FLIGHT,
            )

    def put_new(self, key: str, content: bytes) -> None:
        """Writes an object whole, if there is none of that key: of many who try, one succeeds.

        Raises:
            FileExistsError: there is one.
        """
        try:
            with self._explained():
                self._obstore.put(self._client, key, content, mode="create", use_multipart=False)
        except self._obstore.exceptions.AlreadyExistsError:
            raise FileExistsError(f"{self.url}/{key} is there already") from None

    def delete(self, *keys: str) -> None:
        """Removes objects; one that is not there is no error."""
        with self._explained():
            self._obstore.delete(self._client, list(keys))

    def open_input(self, key: str) -> Any:
        """An object as a random-access file of Arrow: a reader asks for the ranges it needs."""
        return self._files.open_input_file(key)

    @cached_property
    def _client(self) -> Any:
        from obstore.store import S3Store

        bucket, prefix = self._split_url()
        access = self._access
        given: dict[str, Any] = {
            "endpoint": access.endpoint_url,
            "region": access.region,
            "access_key_id": access.access_key_id,
            "secret_access_key": _reveal(access.secret_access_key),
            "session_token": _reveal(access.session_token),
        }
        return S3Store(
            bucket,
            prefix=prefix or None,
            # The server compares what arrived with what was sent.
            checksum_algorithm="SHA256",
            client_options={
                "allow_http": bool(access.endpoint_url),  # settings accept it of loopback hosts
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "timeout": timedelta(seconds=REQUEST_SECONDS),
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            },
            **{name: value for name, value in given.items() if value},
        )

    @cached_property
    def _files(self) -> Any:
        from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem, SubTreeFileSystem

        access = self._access
        files = S3FileSystem(
            access_key=access.access_key_id,
            secret_key=_reveal(access.secret_access_key),
            session_token=_reveal(access.session_token),
            region=access.region,
            endpoint_override=access.endpoint_url,
            connect_timeout=CONNECT_SECONDS,
            request_timeout=REQUEST_SECONDS,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=RETRIES),
        )
        return SubTreeFileSystem("/".join(filter(None, self._split_url())), files)

    def _split_url(self) -> tuple[str, str]:
        bucket, _, prefix = self.url.removeprefix("s3://").partition("/")
        return bucket, prefix

    @contextmanager
    def _explained(self) -> Iterator[None]:
        known = self._obstore.exceptions
        try:
            yield
        except known.AlreadyExistsError:
            raise
        except known.BaseError as error:
            raise LakeStoreError(
                f"the lake at {self.url} cannot be used ({_shorten(str(error))}): what is "
                "published stays; check AEGIS_LAKE_URL, AEGIS_LAKE_ENDPOINT_URL and the AWS_… "
                "variables"
            ) from error


@dataclass(frozen=True, order=True)
class ObjectPath:
    """The place of an object, or of the objects below it: what the lake needs of ``Path``.

    There are no folders: what has no object below it does not exist.

    Attributes:
        size: in bytes, where a listing told it.
    """

    key: str
    store: ObjectStore = field(compare=False, repr=False)
    size: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.store.url}/{self.key}".rstrip("/")

    def __truediv__(self, name: str) -> "ObjectPath":
        return ObjectPath(f"{self.key}/{name}" if self.key else name, self.store)

    @property
    def _pure(self) -> PurePosixPath:
        return PurePosixPath(self.key)

    @property
    def name(self) -> str:
        """The last segment of the key."""
        return self._pure.name

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return self._pure.stem

    @property
    def suffix(self) -> str:
        """The end of the name, from its last dot on."""
        return self._pure.suffix

    @property
    def parent(self) -> "ObjectPath":
        """The key without its last segment."""
        return ObjectPath(self.key.rpartition("/")[0], self.store)

    @property
    def copy(self) -> Path:
        """Where a local copy lies, if there is one."""
        return self.store.copies / self.key

    def glob(self, pattern: str) -> Iterator["ObjectPath"]:
        """The objects whose path from here matches, segment by segment, in no order."""
        depth = len(self._pure.parts) + len(PurePosixPath(pattern).parts)
        for key, size in self.store.list_below(self.key):
            path = PurePosixPath(key)
            if len(path.parts) == depth and path.match(pattern):
                yield ObjectPath(key, self.store, size)

    def iterdir(self) -> Iterator["ObjectPath"]:
        """What lies directly below."""
        return (ObjectPath(key, self.store) for key in self.store.list_children(self.key))

    def is_file(self) -> bool:
        """Whether there is such an object."""
        try:
            self.store.measure(self.key)
        except FileNotFoundError:
            return False
        return True

    exists = is_file

    def read_bytes(self) -> bytes:
        """The content of the object."""
        return b"".join(self.store.stream(self.key))

    def unlink(self) -> None:
        """Removes the object and its local copy."""
        self.store.delete(self.key)
        self.copy.unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Removes all objects below, and their local copies."""
        if keys := [key for key, _ in self.store.list_below(self.key)]:
            self.store.delete(*keys)
        shutil.rmtree(self.copy, ignore_errors=True)


def _reveal(secret: "SecretStr | None") -> str | None:
    return secret.get_secret_value() if secret else None


def _shorten(text: str) -> str:
    """What S3 or the network said, without the request around it."""
    answer = re.search(r"<Code>(.*?)</Code>", text, flags=re.DOTALL)
    return answer[1] if answer else text.partition("\n")[0].rpartition(" - ")[2].strip()
