"""DataFrames: the public form of every table, and no part of a nightly sync."""

import subprocess
import sys
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from api_payloads import body_of, dataset, evaluation, record

from aegis_etl.errors import AegisEtlError
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.frames import flatten, to_frame


@pytest.mark.parametrize("payload", [dataset(), body_of(dataset()), body_of(dataset()).decode()])
def test_flatten_gives_the_four_tables(payload: Any) -> None:
    """A payload as bytes, text or decoded becomes four DataFrames with Arrow-backed types."""
    frames = flatten(payload)
    assert list(frames) == ["datasets", "records", "runs", "evaluations"]
    for name, frame in frames.items():
        assert list(frame.columns) == list(TABLES[name].names)
        assert len(frame) == 1
        assert all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes)
    assert frames["evaluations"]["result"].mean() == 81.5
    assert str(frames["evaluations"]["created_at"][0]) == "2026-04-02 12:00:00+00:00"


def test_a_partial_payload_gives_its_good_rows_and_warns() -> None:
    """Each row left out is a warning."""
    with pytest.warns(UserWarning, match=r"records\[1\]\.id: null is no integer"):
        frames = flatten(dataset(records=[record(), record(id=None)]))
    assert list(frames["records"]["id"]) == [1001]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"<html>", "no JSON"),
        ({"detail": "Not found"}, "id: missing"),
        (dataset(runs=None), "runs: null, not an array"),
        ("[]", "no JSON object"),
        ('{"id": "\ud800"}', "no UTF-8"),
    ],
)
def test_what_is_no_dataset_raises(payload: Any, reason: str) -> None:
    """The error says what is wrong with the payload."""
    with pytest.raises(AegisEtlError, match=reason):
        flatten(payload)


def test_to_frame_shares_the_tables_memory() -> None:
    """No copy: the frame's columns are the table's own buffers."""
    table = pa.table({"a": [1, 2, None], "b": ["x", None, "y"]})
    frame = to_frame(table)
    for name in ("a", "b"):
        [shared] = frame[name].array.__arrow_array__().chunks
        [own] = table[name].chunks
        assert [b and b.address for b in shared.buffers()] == [
            b and b.address for b in own.buffers()
        ]


def test_flattening_imports_no_pandas() -> None:
    """The nightly path runs without pandas, the exact way and Parquet too."""
    bodies = [
        body_of(dataset(evaluations=[evaluation(evaluation_cost=0.5)], structure=None)),
        body_of(dataset(created_at="2026-04-01", org_id="x", tags=["new"])),
        body_of(dataset(evaluations=[evaluation(id="x")])),
        b"no JSON",
    ]
    program = (
        "import sys\n"
        "from aegis_etl.tables.flatten import Payload, flatten_payloads\n"
        f"batch = flatten_payloads([Payload(42, body) for body in {bodies!r}])\n"
        "import io, pyarrow.parquet\n"
        "for table in batch.tables.values():\n"
        "    pyarrow.parquet.write_table(table, io.BytesIO())\n"
        "print([outcome.state for outcome in batch.outcomes], 'pandas' in sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600
    )
    assert ran.stdout == "['ok', 'ok', 'partial', 'quarantined'] False\n"
