"""The user's own names of metrics: ``metric_names.csv`` (contract: *Files*, ``meta.metric_names``).

A suggestion stands in the file as ``ans_corr ?``. It names nothing until its mark is removed.
"""

import csv
import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb

from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.files import write_file
from aegis_etl.statements import read_statement

HEADER = ("metric_id", "name", "family", "kind")
KINDS = ("judge", "heuristic", "deterministic")
UNCONFIRMED = " ?"

logger = logging.getLogger(__name__)


class MetricName(NamedTuple):
    """A row of ``meta.metric_names``; what the file leaves empty is None."""

    metric_id: int
    name: str | None
    family: str | None
    kind: str | None

    def confirmed(self) -> "MetricName":
        """The same without a name that still carries the mark of a suggestion."""
        unconfirmed = self.name is not None and self.name.endswith(UNCONFIRMED)
        return self._replace(name=None) if unconfirmed else self


class MetricNamesFile(NamedTuple):
    """What a file of names says, and what is wrong with it, a sentence each."""

    names: list[MetricName]
    faults: list[str]


def parse_metric_names(content: bytes) -> MetricNamesFile:
    """Reads the text of a ``metric_names.csv``; a line that cannot be used is a fault, left out."""
    try:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if not {"metric_id", "name"}.issubset(lines.fieldnames or ()):
            return MetricNamesFile([], [f"its first line is not {','.join(HEADER)}"])
        names: dict[int, MetricName] = {}
        faults = []
        for line in lines:
            fields = {column: (line.get(column) or "").strip() for column in HEADER}
            where = f"line {lines.line_num}:"
            if not _is_bigint(fields["metric_id"]):
                faults.append(f"{where} metric_id {fields['metric_id']!r} is no whole number")
                continue
            metric_id = int(fields["metric_id"])
            if metric_id in names:
                faults.append(f"{where} metric {metric_id} is named twice; this line counts")
            if fields["kind"] not in {"", *KINDS}:
                faults.append(f"{where} kind {fields['kind']!r} is none of {', '.join(KINDS)}")
                fields["kind"] = ""
            names[metric_id] = MetricName(
                metric_id, fields["name"] or None, fields["family"] or None, fields["kind"] or None
            )
    except UnicodeDecodeError:
        return MetricNamesFile([], ["it is not UTF-8 text"])
    except csv.Error as error:
        return MetricNamesFile([], [f"it is no CSV: {error}"])
    return MetricNamesFile(list(names.values()), faults)


def load_metric_names(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Brings ``meta.metric_names`` up to date with the file, if there is one.

    A file that cannot be used changes nothing; a line that cannot is left out.

    Returns:
        What is wrong with the file, a sentence each, which is also logged as a warning.
    """
    try:
        content = path.read_bytes() if path.exists() else b",".join(map(str.encode, HEADER))
    except OSError as error:
        found = MetricNamesFile([], [f"it cannot be read: {error.strerror}"])
    else:
        found = parse_metric_names(content)
    if found.names or not found.faults:
        connection.execute("truncate meta.metric_names")
        for name in found.names:
            connection.execute(read_statement("marts/upkeep/metric_name"), name.confirmed())
    faults = [f"{path}: {fault}" for fault in found.faults]
    for fault in faults:
        logger.warning(fault)
    return faults


def write_metric_names(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Makes the file to edit: what it says already, and a line for every metric that it lacks.

    Returns:
        How many lines were added.

    Raises:
        AegisEtlError: the file is there but cannot be used; it is left as it is.
    """
    found = parse_metric_names(path.read_bytes()) if path.exists() else MetricNamesFile([], [])
    if found.faults:
        raise AegisEtlError(
            f"{path}: {found.faults[0]}; mend it or move it away, then write it again"
        )
    known = {name.metric_id for name in found.names}
    rows = connection.execute(read_statement("marts/upkeep/metric_names_to_edit")).fetchall()
    added = [row for row in rows if row[0] not in known]
    write_file(path, _format([*found.names, *added]).encode())
    return len(added)


def _is_bigint(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and -(2**63) <= int(text) < 2**63


def _format(rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue()
