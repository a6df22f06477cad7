-- The manifest of the sync to fold, as one row, without its datasets.
create or replace temp table manifest as
select
    unnest(
        from_json(
            $manifest,
            '{
                "sync_id": "VARCHAR",
                "tool_version": "VARCHAR",
                "kind": "VARCHAR",
                "started_at": "TIMESTAMPTZ",
                "finished_at": "TIMESTAMPTZ",
                "status": "VARCHAR",
                "ids_listed": ["BIGINT"],
                "errors": [{
                    "dataset_id": "BIGINT",
                    "stage": "VARCHAR",
                    "error": "VARCHAR",
                    "http_status": "BIGINT",
                    "attempts": "BIGINT"
                }],
                "requests": "BIGINT",
                "retries": "BIGINT",
                "bytes_received": "BIGINT"
            }'
        )
    );
