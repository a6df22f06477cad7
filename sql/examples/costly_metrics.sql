-- Which metrics cost much and say little? A verdict that is nearly always the same says nearly nothing: 1 bit at a
-- pass rate of one half, 0 when all pass. Scores that do not repeat say less still.
-- param days integer 30: how many days before the newest sync
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

spent as (
    select
        costs.metric_id,
        sum(costs.evaluations)::bigint as evaluations,
        sum(costs.evaluations - costs.evaluations_without_cost)::bigint as evaluations_with_cost,
        marts.exact_sum(costs.cost) as cost
    from marts.cost_daily as costs
    cross join newest
    where costs.day >= newest.day - $days::integer
    group by costs.metric_id
),

judged as (
    select
        quality.metric_id,
        sum(quality.passed) / nullif(sum(quality.passed + quality.failed), 0) as pass_rate
    from marts.quality_daily as quality
    cross join newest
    where quality.day >= newest.day - $days::integer
    group by quality.metric_id
),

trusted as (
    select
        metric_id,
        sum(reliability * evaluations) / nullif(sum(evaluations) filter (where reliability is not null), 0)
            as reliability
    from marts.judge_reliability
    group by metric_id
),

informed as (
    select
        metric_id,
        pass_rate,
        case
            when pass_rate > 0 and pass_rate < 1
                then -pass_rate * log2(pass_rate) - (1 - pass_rate) * log2(1 - pass_rate)
            else 0 * pass_rate
        end as bits
    from judged
)

select
    catalog.metric_name,
    spent.evaluations,
    spent.cost,
    round(spent.cost::double / sum(spent.cost::double) over (), 3) as share_of_cost,
    round(informed.pass_rate, 3) as pass_rate,
    round(informed.bits, 2) as bits_per_verdict,
    round(trusted.reliability, 2) as reliability,
    round(spent.cost::double / nullif(spent.evaluations_with_cost * informed.bits, 0), 6) as cost_per_bit
from spent
inner join marts.metric_catalog as catalog on spent.metric_id = catalog.metric_id
left join informed on spent.metric_id = informed.metric_id
left join trusted on spent.metric_id = trusted.metric_id
order by spent.cost is null, cost_per_bit desc nulls first, spent.cost desc, catalog.metric_id;
