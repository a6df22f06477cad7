-- Where the cost of the 30 whole UTC days before the newest sync went, by metric, dataset, scoring model or owner, the
-- dearest first.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

spent as (
    select
        case $dimension
            when 'metric' then costs.metric_id
            when 'dataset' then costs.dataset_id
        end as id,
        case $dimension
            when 'metric' then costs.metric_name
            when 'dataset' then coalesce(costs.dataset_name, 'dataset ' || costs.dataset_id)
            when 'scoring model' then costs.model_slug
            when 'owner' then coalesce(costs.user_email, '(no owner)')
        end as name,
        costs.cost,
        costs.evaluations,
        costs.evaluations_without_cost,
        costs.credits,
        costs.input_tokens,
        costs.output_tokens
    from marts.cost_daily as costs
    cross join newest
    where
        costs.day >= newest.day - 30
        and costs.day < newest.day
        and ($dataset is null or costs.dataset_id = $dataset)
        and (len($metrics) = 0 or list_contains($metrics, costs.metric_id))
)

select
    name,
    marts.exact_sum(cost) as cost,
    sum(cost::double) / nullif(sum(sum(cost::double)) over (), 0) as share,
    sum(evaluations)::bigint as evaluations,
    sum(evaluations_without_cost)::bigint as evaluations_without_cost,
    try_cast(sum(credits) as bigint) as credits,
    try_cast(sum(input_tokens) as bigint) as input_tokens,
    try_cast(sum(output_tokens) as bigint) as output_tokens
from spent
group by id, name
order by cost desc nulls last, evaluations desc, name, id;
