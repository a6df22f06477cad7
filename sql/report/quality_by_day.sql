-- The pass rate of every metric on each of the 30 whole UTC days before the newest sync, over all datasets, with its
-- 95 % interval.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

pooled as (
    select
        quality.metric_id,
        quality.day,
        sum(quality.passed)::bigint as passed,
        sum(quality.passed + quality.failed)::bigint as judged
    from marts.quality_daily as quality
    cross join newest
    where quality.day >= newest.day - 30 and quality.day < newest.day
    group by quality.metric_id, quality.day
)

select
    pooled.metric_id,
    pooled.day,
    pooled.passed / pooled.judged as pass_rate,
    marts.wilson_interval(pooled.passed, pooled.judged).low as pass_rate_low,
    marts.wilson_interval(pooled.passed, pooled.judged).high as pass_rate_high
from pooled
where pooled.judged > 0
order by pooled.metric_id, pooled.day;
