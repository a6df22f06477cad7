"""A real S3 server for all tests of a run; its lakes are held to what the disk's is held to."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The accounts and killed syncs of the tests on disk.
sys.path.append(str(Path(__file__).parents[1] / "sync"))

from lake_bucket import Bucket, Line, serve_bucket


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """An empty bucket."""
    pytest.importorskip("obstore", reason="needs the extra s3")
    with serve_bucket(tmp_path_factory.mktemp("bucket")) as served:
        yield served


@pytest.fixture
def line(bucket: Bucket) -> Iterator[Line]:
    """A line to the bucket's server."""
    opened = Line(bucket.endpoint)
    yield opened
    opened.close()
