-- How each metric did on each of the 30 whole UTC days before the newest sync, with the 95 % interval of its pass rate,
-- and over their last 7; the metrics with most verdicts, at most $rows, by name.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

by_day as (
    select
        quality.metric_id,
        max(quality.metric_name) as metric_name,
        quality.day,
        quality.day >= newest.day - 7 as is_last_week,
        sum(quality.passed)::bigint as passed,
        sum(quality.passed + quality.failed)::bigint as judged
    from marts.quality_daily as quality
    cross join newest
    where
        quality.day >= newest.day - 30
        and quality.day < newest.day
        and ($dataset is null or quality.dataset_id = $dataset)
        and (len($metrics) = 0 or list_contains($metrics, quality.metric_id))
    group by quality.metric_id, quality.day, newest.day
    having sum(quality.passed + quality.failed) > 0
),

by_metric as (
    select
        metric_id,
        max(metric_name) as metric_name,
        sum(judged)::bigint as verdicts,
        sum(passed) filter (where is_last_week) / sum(judged) filter (where is_last_week) as pass_rate,
        list(
            {
                'day': day,
                'judged': judged,
                'pass_rate': passed / judged,
                'pass_rate_low': marts.wilson_interval(passed, judged).low,
                'pass_rate_high': marts.wilson_interval(passed, judged).high
            }
            order by day
        ) as days,
        count(*) over () as metrics
    from by_day
    group by metric_id
    order by verdicts desc, metric_id
    limit $rows
)

select *
from by_metric
order by lower(metric_name), metric_id;
