-- One row per UTC day, dataset, owner of the run, metric and scoring model: what all received evaluations that
-- started on that day cost, failed, re-scored and since deleted ones included.
-- refresh: by dataset
with spent as (
    select
        (received.started_at at time zone 'UTC')::date as day,
        received.dataset_id,
        runs.user_email,
        received.metric_id,
        coalesce(received.model_slug, '(no model)') as model_slug,
        count(*) as evaluations,
        count(*) filter (
            where
            received.is_success is false
            or (received.result is null and received.finished_at is not null)
        ) as errors,
        marts.exact_sum(received.evaluation_cost) as cost,
        count(*) filter (where received.evaluation_cost is null) as evaluations_without_cost,
        try_cast(sum(received.credits_consumed) as bigint) as credits,
        try_cast(sum(received.input_tokens) as bigint) as input_tokens,
        try_cast(sum(received.output_tokens) as bigint) as output_tokens
    from received_evaluations as received
    left join known_runs as runs
        on received.dataset_id = runs.dataset_id and received.run_id = runs.run_id
    group by all
)

select
    spent.day,
    spent.dataset_id,
    dataset_names.dataset_name,
    spent.user_email,
    spent.metric_id,
    catalog.metric_name,
    spent.model_slug,
    spent.evaluations,
    spent.errors,
    spent.cost,
    spent.evaluations_without_cost,
    spent.credits,
    spent.input_tokens,
    spent.output_tokens
from spent
left join dataset_names on spent.dataset_id = dataset_names.dataset_id
left join marts.metric_catalog as catalog on spent.metric_id = catalog.metric_id;
