"""What the asset page shows of each step: counts, columns, previews."""

import dagster as dg
import msgspec
import pyarrow as pa

from aegis_etl.extract.listing import ListedDataset, Listing
from aegis_etl.lake.files import LakePath, open_parquet, size_of
from aegis_etl.lake.paths import DataDir
from aegis_etl.report.headlines import read_headlines
from aegis_etl.sync import Sync, SyncSummary
from aegis_etl.sync.fetching import Fetching
from aegis_etl.tables.columns import Table
from aegis_etl.tables.markdown import escape_text, tabulate
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.query import find_warehouse

Metadata = dict[str, dg.MetadataValue | str | int | float | bool]

PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 60
SUMMARY = "summary"


def describe_columns(table: Table) -> dict[str, dg.TableSchema]:
    """The columns of a table, with types and descriptions."""
    schema = dg.TableSchema(
        [dg.TableColumn(c.name, c.type, description=c.description) for c in table.columns]
    )
    return {"dagster/column_schema": schema}


def describe_partial(listing: Listing | None) -> Metadata:
    """What the partial list held."""
    if listing is None:
        return {"listed": "selected datasets only: nothing was listed"}
    partial = [i for i in listing.entries if i not in set(listing.only_paged)]
    return {
        "dagster/row_count": len(partial),
        "preview": _tabulate(["id"], [[dataset_id] for dataset_id in partial[:PREVIEW_ROWS]]),
        "in no page": len(listing.only_partial),
    }


def describe_paged(listing: Listing | None) -> Metadata:
    """What the pages of all listed types held."""
    if listing is None:
        return {"listed": "selected datasets only: nothing was listed"}
    paged = [e for i, e in listing.entries.items() if i not in set(listing.only_partial)]
    return {
        "dagster/row_count": len(paged),
        "preview": _tabulate(
            ["id", "dataset_type_id", "is_shared"],
            [_list_entry(entry) for entry in paged[:PREVIEW_ROWS]],
        ),
        "types listed": ", ".join(map(str, listing.types_listed)) or "custom",
        "whole": listing.whole,
        "not in the partial list": len(listing.only_paged),
    }


def describe_payloads(sync: Sync, fetching: Fetching) -> Metadata:
    """What was fetched, and where it landed."""
    statuses = [row.status for row in fetching.rows]
    return {
        "dagster/row_count": len(statuses),
        "folder": dg.MetadataValue.path(str(sync.data_dir.raw_of(sync.sync_id))),
        "sync id": sync.sync_id,
        "continued": sync.resumed,
        "megabytes": round(sum(row.bytes or 0 for row in fetching.rows) / 1e6, 1),
        **{status: statuses.count(status) for status in sorted(set(statuses))},
    }


def describe_file(path: LakePath, rows: int) -> Metadata:
    """A Parquet file of the lake, and its first rows."""
    with open_parquet(path) as file:
        first = next(file.iter_batches(batch_size=PREVIEW_ROWS), None) if rows else None
    return {
        "dagster/row_count": rows,
        "file": dg.MetadataValue.path(str(path)),
        "megabytes": round(size_of(path) / 1e6, 2),
        **({"preview": _preview(pa.Table.from_batches([first]))} if first else {}),
    }


def describe_summary(summary: SyncSummary) -> Metadata:
    """The published sync in a sentence and as JSON."""
    return {
        "sync": "\n".join(summary.describe()),
        "warehouse": dg.MetadataValue.path(summary.warehouse),
        SUMMARY: dg.MetadataValue.json(msgspec.to_builtins(summary)),
    }


def describe_report(data_dir: DataDir) -> Metadata:
    """What the published report opens with, and where it lies."""
    if not data_dir.report.exists():
        return {"report": "it could not be written: see the log of the run"}
    headlines = read_headlines(data_dir.report.read_text(encoding="utf-8"))
    figures = [[escape_text(text) for text in figure] for figure in headlines.figures]
    preview = [
        f"**{escape_text(headlines.verdict)}**",
        escape_text(headlines.summary),
        tabulate(["tonight", "", "held against"], figures, right=["tonight"]),
    ]
    return {
        "preview": dg.MetadataValue.md("\n\n".join(preview)),
        "file": dg.MetadataValue.path(data_dir.report),
        "kilobytes": round(data_dir.report.stat().st_size / 1e3),
    }


def describe_published(data_dir: DataDir, name: str) -> Metadata:
    """A published table: its rows, and the first of them."""
    with open_for_reading(find_warehouse(data_dir)) as connection:
        table = connection.table(f"main.{name}")
        return {
            "dagster/row_count": len(table),
            "preview": _preview(table.limit(PREVIEW_ROWS).to_arrow_table()),
        }


def _preview(rows: pa.Table) -> dg.MarkdownMetadataValue:
    """The first rows without their texts: Dagster would keep what ``erase`` could not reach."""
    plain = [f.name for f in rows.schema if not pa.types.is_nested(f.type) and not _is_text(f.type)]
    shown = rows.select(plain).to_pylist()
    return _tabulate(plain, [list(row.values()) for row in shown])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _tabulate(names: list[str], rows: list[list[object]]) -> dg.MarkdownMetadataValue:
    cells = [[_shorten(value) for value in row] for row in rows]
    return dg.MetadataValue.md(tabulate(names, cells))


def _shorten(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    shown = text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"
    return escape_text(shown)


def _list_entry(entry: ListedDataset) -> list[object]:
    return [entry.dataset_id, entry.dataset_type_id, entry.is_shared]
