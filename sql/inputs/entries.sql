-- What the sync learned of each dataset that it asked for: one row a dataset.
create or replace temp table entries as
select
    entry.dataset_id,
    entry.status,
    entry.payload_sha256,
    entry.is_shared,
    entry.fetched_at,
    coalesce(entry.changed, false) as is_changed,
    coalesce(entry.whole, false) as is_whole,
    coalesce(entry.evaluated_run_ids, []) as evaluated_run_ids,
    entry.rows as payload_rows
from (
    select
        unnest(
            from_json(
                $entries,
                '[{
                    "dataset_id": "BIGINT",
                    "status": "VARCHAR",
                    "payload_sha256": "VARCHAR",
                    "is_shared": "BOOLEAN",
                    "fetched_at": "TIMESTAMPTZ",
                    "changed": "BOOLEAN",
                    "whole": "BOOLEAN",
                    "evaluated_run_ids": ["BIGINT"],
                    "rows": {
                        "datasets": "BIGINT",
                        "records": "BIGINT",
                        "runs": "BIGINT",
                        "evaluations": "BIGINT"
                    }
                }]'
            )
        ) as entry
);
