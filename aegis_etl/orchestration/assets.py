"""The assets of one sync, from the API's listings to the published tables.

Each step calls one function of ``aegis_etl.sync`` and tells the asset page what came of it; the
assets hand each other paths and counts through the run's sync, never frames.
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import msgspec

from aegis_etl.lake.paths import TABLE_NAMES
from aegis_etl.orchestration.metadata import (
    describe_columns,
    describe_file,
    describe_paged,
    describe_partial,
    describe_payloads,
    describe_published,
    describe_report,
    describe_summary,
)
from aegis_etl.orchestration.resource import SyncResource, require
from aegis_etl.sync import steps
from aegis_etl.sync.findings import FINDINGS
from aegis_etl.tables.api_tables import TABLES
from aegis_etl.tables.warehouse_tables import CURRENT_TABLES
from aegis_etl.warehouse.audit import AUDITS, AuditResult

PARTIAL_LIST = dg.AssetKey(["api", "partial_list"])
PAGED_DATASETS = dg.AssetKey(["api", "paged_datasets"])
PAYLOADS = dg.AssetKey(["raw", "payloads"])
LAKE = {name: dg.AssetKey(["lake", name]) for name in TABLE_NAMES}
WAREHOUSE = dg.AssetKey("warehouse")
REPORT = dg.AssetKey("report")
STALE_AFTER = timedelta(hours=26)

Materialized = dg.MaterializeResult[None]
Events = Iterator[Materialized | dg.AssetCheckResult]


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            PARTIAL_LIST,
            group_name="api",
            kinds={"api", "json"},
            description="`GET /datasets/all-partial`: id and name of every dataset, newest first.",
        ),
        dg.AssetSpec(
            PAGED_DATASETS,
            group_name="api",
            kinds={"api", "json"},
            description="`GET /datasets`, every page of every configured type; `shared=true` "
            "besides, to learn what others share.",
        ),
    ]
)
def listings(context: dg.AssetExecutionContext, sync: SyncResource) -> Events:
    """Lists the account's datasets both ways."""
    with sync.step(context) as night:
        night.listing = steps.list_account(night.running)
    yield dg.MaterializeResult(asset_key=PARTIAL_LIST, metadata=describe_partial(night.listing))
    yield dg.MaterializeResult(asset_key=PAGED_DATASETS, metadata=describe_paged(night.listing))


@dg.asset(
    key=PAYLOADS,
    deps=[PARTIAL_LIST, PAGED_DATASETS],
    group_name="raw",
    kinds={"api", "parquet"},
    description="`GET /datasets/{id}` of every dataset, landed as received; a payload that equals "
    "the published one is not stored again.",
)
def payloads(context: dg.AssetExecutionContext, sync: SyncResource) -> Materialized:
    """Fetches every payload and lands it."""
    with sync.step(context) as night:
        night.fetching = steps.fetch_payloads(night.running, night.listing)
    return dg.MaterializeResult(metadata=describe_payloads(night.running.sync, night.fetching))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            LAKE[name],
            deps=[PAYLOADS],
            group_name="lake",
            kinds={"parquet", "arrow"},
            description=f"{TABLES[name].description} Rows of the datasets that changed tonight.",
            metadata=describe_columns(TABLES[name]),
        )
        for name in TABLE_NAMES
    ]
)
def lake(context: dg.AssetExecutionContext, sync: SyncResource) -> Events:
    """Flattens the payloads that changed into four Parquet files."""
    with sync.step(context) as night:
        fetching = require(night.fetching, after=PAYLOADS)
        night.flat = steps.write_lake(night.running, night.listing, fetching)
    sync_of_night = night.running.sync
    for name, rows in night.flat.manifest.rows.items():
        path = sync_of_night.data_dir.table_of(sync_of_night.sync_id, name)
        yield dg.MaterializeResult(asset_key=LAKE[name], metadata=describe_file(path, rows))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            WAREHOUSE,
            deps=list(LAKE.values()),
            group_name="warehouse",
            kinds={"duckdb", "sql"},
            description="The DuckDB file with its full history, built aside, audited, and "
            "published by one rename.",
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER),
        ),
        dg.AssetSpec(
            REPORT,
            deps=[WAREHOUSE],
            group_name="published",
            kinds={"html"},
            description="The morning report of the newest full sync, one self-contained file.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(audit.name, asset=WAREHOUSE, description=audit.description)
        for audit in AUDITS
    ]
    + [
        dg.AssetCheckSpec(name, asset=WAREHOUSE, description=description)
        for name, description in FINDINGS.items()
    ],
    can_subset=True,  # so that a watch without news may leave the checks out
)
def warehouse(context: dg.AssetExecutionContext, sync: SyncResource) -> Events:
    """Folds the night into history, audits it and publishes it.

    A watch that found nothing new publishes nothing: whatever is downstream is skipped.
    """
    with sync.step(context) as night:
        flat = require(night.flat, after=LAKE["evaluations"])
        unchanged = steps.discard_unchanged(night.running, flat)
        if unchanged:
            context.log_event(
                dg.AssetObservation(asset_key=WAREHOUSE, metadata=describe_summary(unchanged))
            )
            return
        built = steps.build(night.running, flat)
    yield from (_check_result(audit) for audit in built.audits)
    with sync.step(context) as night:
        summary = steps.publish(night.running, built)
    sync.report(context, summary)
    data_dir = night.running.sync.data_dir
    yield dg.MaterializeResult(asset_key=WAREHOUSE, metadata=describe_summary(summary))
    yield dg.MaterializeResult(asset_key=REPORT, metadata=describe_report(data_dir))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            name,
            deps=[WAREHOUSE],
            group_name="published",
            kinds={"duckdb", "pandas"},
            description=f"{CURRENT_TABLES[name].description} As published: what is true now.",
            metadata=describe_columns(CURRENT_TABLES[name]),
        ).with_io_manager_key("published_tables")
        for name in TABLE_NAMES
    ]
)
def published_tables(context: dg.AssetExecutionContext, sync: SyncResource) -> Events:
    """Says what the published tables hold; an asset that takes one gets it as a DataFrame."""
    with sync.step(context) as night:
        data_dir = night.running.sync.data_dir
    for name in TABLE_NAMES:
        yield dg.MaterializeResult(asset_key=name, metadata=describe_published(data_dir, name))


def _check_result(audit: AuditResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=WAREHOUSE,
        check_name=audit.audit,
        passed=audit.passed,
        severity=dg.AssetCheckSeverity.ERROR if audit.blocks else dg.AssetCheckSeverity.WARN,
        description=audit.detail,
        metadata={"offending rows": dg.MetadataValue.json(msgspec.to_builtins(audit.rows))},
    )
