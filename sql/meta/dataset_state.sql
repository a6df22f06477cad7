-- Brings meta.dataset_state up to date with what the sync learned of each dataset that it asked for.
-- payload_sha256 is of the payload whose rows the warehouse holds: kept when nothing of a new one was
-- folded, null when it was not whole or the dataset is gone.
create or replace temp table new_state as
select
    entries.dataset_id,
    case
        when entries.status in ('partial', 'deleted') then null
        when entries.status in ('failed', 'missing', 'quarantined') then old.payload_sha256
        else coalesce(entries.payload_sha256, old.payload_sha256)
    end as payload_sha256,
    coalesce(entries.fetched_at, old.last_fetched_at) as last_fetched_at,
    if(entries.is_changed, manifest.sync_id, old.last_changed_sync_id) as last_changed_sync_id,
    evaluated.run_id as latest_evaluated_run_id,
    entries.status
from entries
cross join manifest
left join meta.dataset_state as old on entries.dataset_id = old.dataset_id
left join (
    select
        dataset_id,
        max(run_id) as run_id
    from history.evaluated_runs
    where _valid_to is null
    group by dataset_id
) as evaluated on entries.dataset_id = evaluated.dataset_id;

delete from meta.dataset_state
where dataset_id in (select new_state.dataset_id from new_state);

insert into meta.dataset_state by name
select * from new_state;
