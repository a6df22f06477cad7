-- What a night that touched no dataset may still bring the marts, a row each: a fetch that failed, another name
-- of a metric, the sync that a comparison's run had finished before.
select 'failed fetch' as news
from meta.sync_errors
where
    dataset_id is not null
    and sync_id > coalesce((select max(changes.sync_id) from marts.nightly_changes as changes), '')
union all
select 'metric name' as news
from marts.metric_catalog as catalog
left join meta.metric_names as named on catalog.metric_id = named.metric_id
where
    if(catalog.name_source = 'named', catalog.metric_name, null) is distinct from named.name
    or catalog.family is distinct from named.family
    or catalog.kind is distinct from named.kind
union all
select 'first sync' as news
from marts.run_comparisons
where
    first_sync_id is null
    and run_finished_at < (select max(syncs.started_at) from meta.syncs);
