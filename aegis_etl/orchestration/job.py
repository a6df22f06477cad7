"""The nightly job: every asset of the sync, and whatever is downstream of it."""

import dagster as dg

from aegis_etl.orchestration.assets import PAGED_DATASETS, PARTIAL_LIST

JOB_NAME = "nightly_sync"

nightly_sync = dg.define_asset_job(
    JOB_NAME,
    selection=dg.AssetSelection.assets(PARTIAL_LIST, PAGED_DATASETS).downstream(),
    description="One sync: list, fetch, flatten, fold, audit, publish. Assets of your own that "
    "take a published table run last, with tonight's rows.",
)
