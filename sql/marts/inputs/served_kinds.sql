-- The kinds of run (type and source) whose evaluations the API serves: learned from those that it has shown.
-- Until it has shown any, those whose source is named API, as its documentation says.
create or replace temp view served_kinds as
with learned as (
    select distinct
        runs.run_type_id,
        runs.run_source_id
    from history.runs
    semi join history.evaluated_runs as shown
        on runs.dataset_id = shown.dataset_id and runs.id = shown.run_id
)

select
    run_type_id,
    run_source_id
from learned
union
select
    run_type_id,
    run_source_id
from history.runs
where lower(run_source_name) = 'api' and not exists (select 1 from learned);
