-- Adds the sync to meta.syncs.
insert into meta.syncs by name
select
    manifest.sync_id,
    manifest.kind,
    manifest.started_at,
    manifest.finished_at,
    manifest.status,
    len(manifest.ids_listed) as datasets_listed,
    counted.datasets_fetched,
    counted.datasets_changed,
    counted.datasets_failed,
    counted.datasets_deleted,
    manifest.requests,
    manifest.retries,
    manifest.bytes_received,
    manifest.tool_version
from manifest
cross join (
    select
        count(fetched_at) as datasets_fetched,
        count(*) filter (where is_changed) as datasets_changed,
        count(*) filter (where status in ('failed', 'missing', 'partial', 'quarantined')) as datasets_failed,
        count(*) filter (where status = 'deleted') as datasets_deleted
    from entries
) as counted;
