"""The tables that the warehouse adds to the API's: history, derived rows, ``meta``.

Names, order and types are the contract's (*Warehouse*).
"""

from collections.abc import Mapping

from aegis_etl.tables.api_tables import EVALUATIONS, TABLES
from aegis_etl.tables.columns import Column, Table

_SYNC_ID = Column("sync_id", "VARCHAR", "The sync: its start in UTC, such as 20261124T020000Z")

HISTORY_COLUMNS = (
    Column("_valid_from", "TIMESTAMPTZ", "Start of the sync that first saw this version"),
    Column("_valid_to", "TIMESTAMPTZ", "Start of the sync that saw it changed or gone; null: it"
           " is the current version"),
    Column("_sync_id", "VARCHAR", "The sync that first saw this version"),
)  # fmt: skip

IS_LATEST = Column(
    "is_latest",
    "BOOLEAN",
    "Whether the evaluation's run is the one that the dataset's newest payload shows; false: the"
    " API serves it no more",
)

CURRENT_TABLES: Mapping[str, Table] = {
    **TABLES,
    "evaluations": Table(
        EVALUATIONS.name,
        EVALUATIONS.description,
        EVALUATIONS.key,
        (*EVALUATIONS.columns[:-1], IS_LATEST, EVALUATIONS.columns[-1]),
    ),
    "dataset_metrics": Table(
        "dataset_metrics",
        "The metrics chosen for each dataset: datasets.selected_metrics, one row per metric",
        ("dataset_id", "metric_id"),
        (
            Column("dataset_id", "BIGINT", "The dataset"),
            Column("metric_id", "BIGINT", "The metric chosen for it"),
            Column("threshold", "DOUBLE", "The score that a record has to reach, 0 to 100"),
        ),
    ),
}
"""The views of ``main``: what is true now."""

HISTORY_TABLES: Mapping[str, Table] = {
    **{
        name: Table(
            name,
            f"Every version ever seen. {table.description}",
            (*table.key, "_valid_from"),
            (*table.columns, *HISTORY_COLUMNS),
        )
        for name, table in TABLES.items()
    },
    "evaluated_runs": Table(
        "evaluated_runs",
        "Which run's evaluations each dataset's payload showed, and from when to when",
        ("dataset_id", "run_id", "_valid_from"),
        (
            Column("dataset_id", "BIGINT", "The dataset"),
            Column("run_id", "BIGINT", "The run whose evaluations its payload showed"),
            *HISTORY_COLUMNS,
        ),
    ),
}
"""The tables of ``history``: every version ever seen."""

META_TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            "syncs",
            "Syncs that were published",
            ("sync_id",),
            (
                _SYNC_ID,
                Column("kind", "VARCHAR", "full: all datasets; active: those with recent runs;"
                       " selected: those that were named"),
                Column("started_at", "TIMESTAMPTZ", "When the sync started"),
                Column("finished_at", "TIMESTAMPTZ", "When its manifest was written"),
                Column("status", "VARCHAR", "complete, or partial: some datasets failed"),
                Column("datasets_listed", "BIGINT", "Datasets that the listings named"),
                Column("datasets_fetched", "BIGINT", "Datasets whose payload was received"),
                Column("datasets_changed", "BIGINT", "Datasets whose payload or is_shared changed"),
                Column("datasets_failed", "BIGINT", "Datasets not received whole; partial ones"
                       " count"),
                Column("datasets_deleted", "BIGINT", "Datasets proven to be gone"),
                Column("requests", "BIGINT", "Requests sent, retries included"),
                Column("retries", "BIGINT", "Requests that were tries after a first one"),
                Column("bytes_received", "BIGINT", "Bytes of all bodies received, unpacked"),
                Column("tool_version", "VARCHAR", "The version of aegis_etl that synced"),
            ),
        ),
        Table(
            "sync_errors",
            "What could not be listed, fetched or flattened, and why",
            (),
            (
                _SYNC_ID,
                Column("dataset_id", "BIGINT", "The dataset; null when a listing failed"),
                Column("stage", "VARCHAR", "list, fetch or flatten"),
                Column("error", "VARCHAR", "Field and reason; of a row left out, its JSON as sent"),
                Column("http_status", "BIGINT", "The last answer's status, where there was one"),
                Column("attempts", "BIGINT", "Tries made"),
            ),
        ),
        Table(
            "dataset_state",
            "What is known of each dataset: its payload, when it changed, how its last fetch went",
            ("dataset_id",),
            (
                Column("dataset_id", "BIGINT", "The dataset"),
                Column("payload_sha256", "VARCHAR", "SHA-256 of the payload that is published; null"
                       " when there is none whole"),
                Column("last_fetched_at", "TIMESTAMPTZ", "When its payload was last received"),
                Column("last_changed_sync_id", "VARCHAR", "The sync that last brought changed"
                       " rows"),
                Column("latest_evaluated_run_id", "BIGINT", "The run whose evaluations its newest"
                       " payload shows"),
                Column("status", "VARCHAR", "ok, failed, missing (listed, but answers 404),"
                       " partial, quarantined, not_listed or deleted"),
            ),
        ),
        Table(
            "audits",
            "Every check that ran before the file was published",
            ("sync_id", "audit"),
            (
                _SYNC_ID,
                Column("audit", "VARCHAR", "The check's name"),
                Column("passed", "BOOLEAN", "Whether it found nothing"),
                Column("detail", "VARCHAR", "What it found, or what it counted"),
            ),
        ),
        Table(
            "metric_names",
            "Names of metrics from the user's own metric_names.csv",
            ("metric_id",),
            (
                Column("metric_id", "BIGINT", "The metric"),
                Column("name", "VARCHAR", "Its name"),
                Column("family", "VARCHAR", "general, RAG, content generation, security, safety or"
                       " structural"),
                Column("kind", "VARCHAR", "How it scores, such as judge or deterministic"),
            ),
        ),
    )
}  # fmt: skip
"""The tables of ``meta``: how the data came to be here."""
