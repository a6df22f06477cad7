-- One row a cell (run x record x metric) of the refreshed datasets: its newest open evaluation, judged. A
-- scoring that failed is an error, never a score of 0.
create or replace temp view cells as
with judged as (
    select
        evaluations.dataset_id,
        evaluations.id as evaluation_id,
        evaluations.run_id,
        evaluations.record_id,
        evaluations.metric_id,
        evaluations.model_slug,
        evaluations.result,
        evaluations.threshold,
        evaluations.started_at,
        evaluations.finished_at,
        coalesce(rescored_evaluations.rescored, 0) as rescored,
        case
            when evaluations.is_success is false then 'error'
            when evaluations.result is null and evaluations.finished_at is not null then 'error'
            when evaluations.result is null then 'pending'
            when evaluations.is_gte_threshold is true then 'pass'
            when evaluations.is_gte_threshold is false then 'fail'
            when evaluations.threshold is null then 'unjudged'
            when evaluations.result >= evaluations.threshold then 'pass'
            else 'fail'
        end as outcome
    from history.evaluations
    left join rescored_evaluations
        on
            evaluations.dataset_id = rescored_evaluations.dataset_id
            and evaluations.id = rescored_evaluations.evaluation_id
    where
        evaluations._valid_to is null
        and evaluations.dataset_id in (select refreshed.dataset_id from refreshed)
        and coalesce(rescored_evaluations.recency, 1) = 1
)

select
    * exclude (result, finished_at),
    if(outcome in ('error', 'pending'), null, result) as score,
    (epoch_us(finished_at) - epoch_us(started_at)) / 1e6 as latency_seconds
from judged;
