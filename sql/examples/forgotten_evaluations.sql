-- How many evaluations are here that the API no longer serves?
with kept as (
    select
        dataset_id,
        run_id,
        count(*) as evaluations
    from history.evaluations
    where _valid_to is null
    group by dataset_id, run_id
),

served as (
    select
        dataset_id,
        run_id
    from history.evaluated_runs
    where _valid_to is null
)

select
    coalesce(sum(kept.evaluations), 0)::bigint as evaluations,
    coalesce(sum(kept.evaluations) filter (where served.run_id is null), 0)::bigint as forgotten_by_the_api,
    count(distinct kept.run_id) filter (where served.run_id is null) as forgotten_runs
from kept
left join served on kept.dataset_id = served.dataset_id and kept.run_id = served.run_id;
