-- The runs whose evaluations each payload of the sync shows.
create or replace temp table shown_runs as
select distinct
    dataset_id,
    unnest(evaluated_run_ids) as run_id
from entries
where is_changed;
