-- The datasets whose rows the marts are refreshed for, when a sync touched only some: those that were named,
-- those whose fetch failed since, and those with a run whose kind has turned out to be served, or not.
create or replace temp table chosen_datasets as
select unnest($dataset_ids::bigint []) as dataset_id
union
select dataset_id
from meta.sync_errors
where
    dataset_id is not null
    and sync_id > coalesce((select max(sync_id) from marts.nightly_changes), '')
union
select known_runs.dataset_id
from known_runs
inner join marts.run_scorecard as scored
    on known_runs.dataset_id = scored.dataset_id and known_runs.run_id = scored.run_id
where known_runs.is_served = (scored.capture = 'not served');
