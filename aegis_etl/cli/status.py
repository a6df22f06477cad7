"""``status`` and ``export``: how the published warehouse stands, and its tables as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from aegis_etl.warehouse.status import Status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> int:
    """Show the last syncs, failing datasets and the age of what is published."""
    from datetime import UTC, datetime

    import msgspec

    from aegis_etl.iceberg.state import read_state
    from aegis_etl.lake.paths import open_data_dir
    from aegis_etl.settings import load_settings
    from aegis_etl.warehouse.status import read_status

    data_dir = open_data_dir(load_settings())
    found = read_status(data_dir, now=datetime.now(UTC))
    iceberg = read_state(data_dir)
    if as_json:
        click.echo(msgspec.json.encode({**msgspec.to_builtins(found), "iceberg": iceberg}).decode())
    else:
        _show(found)
        if iceberg:
            click.echo(iceberg.warning or f"iceberg: holds sync {iceberg.sync_id}")
    return 0


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", "file_format", type=click.Choice(["parquet", "csv"]), default="parquet")
@click.option("--tables", help="Comma-separated; all tables and marts if left out.")
def export(*, folder: Path, file_format: Literal["parquet", "csv"], tables: str | None) -> int:
    """Write tables as FOLDER/<table>.<format>, marts as FOLDER/marts.<mart>.<format>."""
    from aegis_etl.lake.paths import DataDir
    from aegis_etl.settings import load_settings
    from aegis_etl.warehouse.export import export_tables

    wanted = [name.strip() for name in tables.split(",") if name.strip()] if tables else None
    data_dir = DataDir(load_settings().data_dir)
    for path in export_tables(data_dir, folder, file_format=file_format, tables=wanted):
        click.echo(path)
    return 0


@click.command()
@click.option("--write", is_flag=True, help="Write metric_names.csv, to be edited.")
def metrics(*, write: bool) -> int:
    """Show the names of metrics: yours from metric_names.csv, or what the scores suggest."""
    from aegis_etl.lake.paths import DataDir
    from aegis_etl.settings import load_settings
    from aegis_etl.warehouse.connection import open_for_reading
    from aegis_etl.warehouse.metric_names import write_metric_names
    from aegis_etl.warehouse.query import find_warehouse

    data_dir = DataDir(load_settings().data_dir)
    with open_for_reading(find_warehouse(data_dir)) as connection:
        if write:
            count = write_metric_names(connection, data_dir.metric_names)
            click.echo(
                f"{data_dir.metric_names}: {count} metrics added. Confirm a name by removing its ?;"
                " the next sync takes it up"
            )
            return 0
        from rich.console import Console
        from rich.table import Table

        columns = ["metric_id", "metric_name", "name_source", "family", "kind", "evaluations"]
        table = Table(*columns, box=None, pad_edge=False)
        catalog = connection.table("marts.metric_catalog").order("metric_id")
        for row in catalog.project(", ".join(columns)).fetchall():
            table.add_row(*("" if value is None else str(value) for value in row))
        Console().print(table)
    return 0


def _show(found: "Status") -> None:
    if found.published_sync_id is None:
        click.echo("nothing is published yet; run aegis-etl sync")
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    hours = (found.age_seconds or 0) / 3600
    console.print(f"published: sync {found.published_sync_id}, started {hours:.1f} hours ago")
    columns = ["sync_id", "kind", "status", "listed", "fetched", "changed", "failed", "deleted"]
    table = Table(*columns, box=None, pad_edge=False)
    for sync in found.syncs:
        counts = [sync[f"datasets_{name}"] for name in columns[3:]]
        table.add_row(sync["sync_id"], sync["kind"], sync["status"], *map(str, counts))
    console.print(table)
    if found.unpublished:
        console.print(f"not published yet, folded by the next sync: {', '.join(found.unpublished)}")
    for dataset in found.failing:
        console.print(
            f"{dataset['status']}: dataset {dataset['dataset_id']} ({dataset['name']}): "
            f"{dataset['error']}",
            markup=False,
        )
