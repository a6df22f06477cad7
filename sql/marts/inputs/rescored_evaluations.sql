-- The open evaluations of cells (run x record x metric) that were scored more than once: recency 1 is the one
-- that counts, rescored how many it replaces.
create or replace temp table rescored_evaluations as
with repeated as (
    select
        dataset_id,
        run_id,
        record_id,
        metric_id
    from history.evaluations
    where _valid_to is null and dataset_id in (select refreshed.dataset_id from refreshed)
    group by dataset_id, run_id, record_id, metric_id
    having count(*) > 1
)

select
    evaluations.dataset_id,
    evaluations.id as evaluation_id,
    row_number() over (
        partition by
            evaluations.dataset_id,
            evaluations.run_id,
            evaluations.record_id,
            evaluations.metric_id
        order by evaluations.created_at desc nulls last, evaluations.id desc
    ) as recency,
    count(*) over (
        partition by
            evaluations.dataset_id,
            evaluations.run_id,
            evaluations.record_id,
            evaluations.metric_id
    ) - 1 as rescored
from history.evaluations
semi join repeated
    on
        evaluations.dataset_id = repeated.dataset_id
        and evaluations.run_id = repeated.run_id
        and evaluations.record_id = repeated.record_id
        and evaluations.metric_id is not distinct from repeated.metric_id
where evaluations._valid_to is null;
