-- Who spent what, per month? As the API reports cost: exact, in no documented currency; null is unknown.
-- param months integer 6: how many months back
select
    date_trunc('month', costs.day)::date as month,
    costs.user_email,
    costs.model_slug,
    sum(costs.evaluations)::bigint as evaluations,
    marts.exact_sum(costs.cost) as cost,
    sum(costs.evaluations_without_cost)::bigint as evaluations_without_cost,
    try_cast(sum(costs.credits) as bigint) as credits,
    try_cast(sum(costs.input_tokens + costs.output_tokens) as bigint) as tokens
from marts.cost_daily as costs
where
    costs.day >= (
        select (date_trunc('month', max(syncs.started_at) at time zone 'UTC') - to_months($months))::date
        from meta.syncs
    )
group by date_trunc('month', costs.day), costs.user_email, costs.model_slug
order by month desc, cost desc nulls last, costs.user_email, costs.model_slug;
