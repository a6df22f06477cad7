"""``rebuild``, ``verify``, ``rollback``, ``erase``: what keeps the data directory trustworthy."""

from contextlib import ExitStack
from typing import Any

import click


@click.command()
@click.option("--from-raw", is_flag=True, help="Flatten the raw payloads again first.")
@click.option("--spark", is_flag=True, help="Do it on the Spark of AEGIS_SPARK_REMOTE.")
def rebuild(*, from_raw: bool, spark: bool) -> int:
    """Make the warehouse again from the lake alone, and say whether it equals the published one.

    If it differs, or the published one is damaged, it takes its place. Exit 0 if equal, else 1.
    """
    from aegis_etl.lake.lock import hold_lock
    from aegis_etl.lake.paths import open_data_dir
    from aegis_etl.settings import load_settings
    from aegis_etl.sync.iceberg import require_iceberg, update_iceberg
    from aegis_etl.sync.rebuilding import rebuild_published

    settings = load_settings()
    require_iceberg(settings)
    data_dir = open_data_dir(settings)
    with hold_lock(data_dir), ExitStack() as stack:
        where: dict[str, Any] = {}
        if spark:
            from aegis_etl.spark.rebuild import open_rebuild

            on_spark = stack.enter_context(open_rebuild(settings, data_dir))
            where = {"fold_past": on_spark.fold_past, "open_flattener": on_spark.open_flattener}
        rebuilt = rebuild_published(
            data_dir, from_raw=from_raw, group_read=settings.group_read, **where
        )
        for line in rebuilt.describe():
            click.echo(line)
        if rebuilt.differences:
            _warn(update_iceberg(settings, data_dir, anew=True))
    return 1 if rebuilt.differences and not from_raw else 0


@click.command()
def verify() -> int:
    """Re-read every file against its hash, and run every audit in full.

    Exit 0, or 1 with a list of what is damaged and which command mends it.
    """
    from aegis_etl.lake.lock import hold_lock
    from aegis_etl.lake.paths import open_data_dir
    from aegis_etl.settings import load_settings
    from aegis_etl.warehouse.verify import verify_data

    data_dir = open_data_dir(load_settings())
    with hold_lock(data_dir):
        verified = verify_data(data_dir)
    for damage in verified.damages:
        click.echo(f"damaged: {damage.what}; to mend it: {damage.mend}")
    failed = [audit for audit in verified.audits if not audit.passed and not audit.blocks]
    for audit in failed:
        click.echo(f"warning: audit {audit.audit}: {audit.detail}")
    click.echo(
        f"{verified.files:,} files read, {len(verified.damages):,} damaged; "
        f"{len(verified.audits)} audits, {len(failed)} warn"
    )
    return 1 if verified.damages else 0


@click.command()
def rollback() -> int:
    """Publish the version before; the next sync folds the newer sync again before its own."""
    from aegis_etl.lake.lock import hold_lock
    from aegis_etl.lake.paths import open_data_dir
    from aegis_etl.settings import load_settings
    from aegis_etl.sync.iceberg import require_iceberg, update_iceberg
    from aegis_etl.warehouse.publish import rollback as switch_back

    settings = load_settings()
    require_iceberg(settings)
    data_dir = open_data_dir(settings)
    with hold_lock(data_dir):
        sync_id = switch_back(data_dir, group_read=settings.group_read)
        click.echo(f"published: sync {sync_id}")
        _warn(update_iceberg(settings, data_dir))
    return 0


@click.command()
@click.option("--dataset", "dataset_id", type=int, required=True, metavar="ID", help="Whose data.")
def erase(*, dataset_id: int) -> int:
    """Remove everything of a dataset from raw, lake and every published version, for good."""
    from datetime import UTC, datetime

    from aegis_etl.lake.lock import hold_lock
    from aegis_etl.lake.paths import open_data_dir
    from aegis_etl.settings import load_settings
    from aegis_etl.sync.answers import answers_step
    from aegis_etl.sync.iceberg import require_iceberg, update_iceberg
    from aegis_etl.warehouse.erase import erase_dataset

    settings = load_settings()
    require_iceberg(settings)
    data_dir = open_data_dir(settings)
    with hold_lock(data_dir):
        erased = erase_dataset(
            data_dir,
            dataset_id,
            now=datetime.now(UTC),
            make_marts=answers_step(data_dir),
            group_read=settings.group_read,
        )
        rows = ", ".join(f"{count:,} {name}" for name, count in erased.rows.items())
        click.echo(f"erased dataset {dataset_id}: {rows}")
        warnings = update_iceberg(settings, data_dir)
    _warn(warnings)
    return 1 if warnings else 0


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
