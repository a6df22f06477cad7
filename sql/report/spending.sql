-- Where the cost of the 30 whole UTC days before the newest sync went: by metric, dataset, scoring model and owner, the
-- dearest $rows of each.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

spent as (
    select costs.*
    from marts.cost_daily as costs
    cross join newest
    where costs.day >= newest.day - 30 and costs.day < newest.day
),

grouped as (
    select
        case grouping(metric_id, dataset_id, model_slug, user_email)
            when 7 then 'metric'
            when 11 then 'dataset'
            when 13 then 'scoring model'
            else 'owner'
        end as dimension,
        case grouping(metric_id, dataset_id, model_slug, user_email)
            when 7 then max(metric_name)
            when 11 then coalesce(max(dataset_name), 'dataset ' || dataset_id)
            when 13 then model_slug
            else coalesce(user_email, '(no owner)')
        end as name,
        coalesce(metric_id, dataset_id) as id,
        sum(evaluations)::bigint as evaluations,
        sum(evaluations_without_cost)::bigint as evaluations_without_cost,
        sum(input_tokens + output_tokens) as tokens,
        marts.exact_sum(cost) as cost
    from spent
    group by grouping sets ((metric_id), (dataset_id), (model_slug), (user_email))
)

select
    dimension,
    name,
    evaluations,
    evaluations_without_cost,
    tokens::double as tokens,
    cost,
    cost::double / nullif(sum(cost::double) over (partition by dimension), 0) as share
from grouped
qualify
    row_number() over (
        partition by dimension order by cost desc nulls last, evaluations desc, name, id
    ) <= $rows
order by dimension, cost desc nulls last, evaluations desc, name, id;
