"""Runs the audits of ``sql/audits/`` over what syncs touched, or over everything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import msgspec

from aegis_etl.errors import DataDamagedError
from aegis_etl.lake.files import LakePath
from aegis_etl.statements import (
    describe_statement,
    list_statements,
    read_statement,
)

SHOWN_ROWS = 20
_BLOCKS = " blocks: "


@dataclass(frozen=True)
class Audit:
    """One audit: a file of ``sql/audits/`` whose query returns the offending rows."""

    name: str
    description: str
    blocks: bool
    query: str


def _read_audit(path: str) -> Audit:
    query = read_statement(path)
    description, _, blocks = describe_statement(query).rpartition(_BLOCKS)
    return Audit(path.rpartition("/")[2], description, {"yes": True, "no": False}[blocks], query)


AUDITS = tuple(_read_audit(path) for path in list_statements("audits"))
"""Every audit, in alphabetical order."""


class AuditResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one audit found: a row of ``meta.audits`` and of ``audits.json``.

    Attributes:
        audit: its name, that of its file in ``sql/audits/``.
        blocks: whether a sync that fails it is published.
        detail: how many rows offend, or what was found.
        rows: the first offending rows: keys and numbers, none of the API's texts.
    """

    audit: str
    passed: bool
    blocks: bool = False
    detail: str = ""
    rows: list[dict[str, Any]] = []


def run_audits(connection: duckdb.DuckDBPyConnection) -> list[AuditResult]:
    """Runs every audit over the relations that ``sql/scope/`` fills.

    ``sql/audits/`` says of each what it returns and whether it blocks.
    """
    return [run_audit(connection, audit) for audit in AUDITS]


def run_audit(connection: duckdb.DuckDBPyConnection, audit: Audit) -> AuditResult:
    """Runs one audit."""
    # A result, not a relation: DuckDB 2.0 never ends a limited relation over a shared CTE.
    offenders = connection.execute(audit.query)
    columns = [column[0] for column in offenders.description]
    rows = [dict(zip(columns, row, strict=True)) for row in offenders.fetchmany(SHOWN_ROWS)]
    count = len(rows)
    while batch := offenders.fetchmany(10_000):
        count += len(batch)
    return AuditResult(
        audit=audit.name,
        passed=not rows,
        blocks=audit.blocks,
        detail=_say_how_many(count),
        rows=rows,
    )


def _say_how_many(count: int) -> str:
    return "no offending row" if not count else f"{count} offending row{'s' if count > 1 else ''}"


def record_audits(
    connection: duckdb.DuckDBPyConnection, sync_id: str, results: Iterable[AuditResult]
) -> None:
    """Writes results as the rows of one sync in ``meta.audits``."""
    connection.execute(
        read_statement("meta/audits"),
        {"sync_id": sync_id, "results": msgspec.json.encode(list(results)).decode()},
    )


def encode_audits(results: Sequence[AuditResult]) -> bytes:
    """The text of ``audits.json``."""
    return msgspec.json.format(msgspec.json.encode(results), indent=1)


def read_audits(path: LakePath) -> list[AuditResult]:
    """The results that ``audits.json`` holds.

    Raises:
        DataDamagedError: the file is missing, or is not what was written.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[AuditResult])
    except (OSError, msgspec.MsgspecError) as error:
        raise DataDamagedError(
            f"{path} cannot be read: {error}; restore it from a backup"
        ) from error


def find_blocking(results: Iterable[AuditResult]) -> list[AuditResult]:
    """Those results for which a sync is not published."""
    return [result for result in results if result.blocks and not result.passed]
