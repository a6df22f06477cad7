"""All Dagster definitions of the project, assembled in one place."""

import dagster as dg

from aegis_etl.orchestration.assets import lake, listings, payloads, published_tables, warehouse
from aegis_etl.orchestration.job import nightly_sync
from aegis_etl.orchestration.old_runs import prune_dagster_runs
from aegis_etl.orchestration.published import PublishedTables
from aegis_etl.orchestration.resource import SyncResource
from aegis_etl.orchestration.schedules import (
    make_nightly_schedule,
    make_prune_schedule,
    make_watch_schedule,
)
from aegis_etl.orchestration.sensors import died_runs
from aegis_etl.settings import load_settings

settings = load_settings()

defs = dg.Definitions(
    assets=[listings, payloads, lake, warehouse, published_tables],
    jobs=[nightly_sync, prune_dagster_runs],
    schedules=[
        make_nightly_schedule(settings),
        make_watch_schedule(settings),
        make_prune_schedule(settings),
    ],
    sensors=[died_runs],
    resources={"sync": SyncResource(), "published_tables": PublishedTables()},
    executor=dg.in_process_executor,
)
