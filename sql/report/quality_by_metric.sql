-- How each metric did in the 7 whole UTC days before the newest sync and in the 7 before them, over all datasets; the
-- metrics with most verdicts, at most $rows, by name.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

weeks as (
    select
        quality.*,
        (newest.day - 1 - quality.day) // 7 as weeks_ago
    from marts.quality_daily as quality
    cross join newest
    where quality.day < newest.day and quality.day >= newest.day - 30
),

pooled as (
    select
        metric_id,
        max(metric_name) as metric_name,
        count(distinct dataset_id) filter (where weeks_ago = 0) as datasets,
        coalesce(sum(passed) filter (where weeks_ago = 0), 0)::bigint as passed,
        coalesce(sum(failed) filter (where weeks_ago = 0), 0)::bigint as failed,
        coalesce(sum(errors) filter (where weeks_ago = 0), 0)::bigint as errors,
        coalesce(sum(passed) filter (where weeks_ago = 1), 0)::bigint as passed_before,
        coalesce(sum(failed) filter (where weeks_ago = 1), 0)::bigint as failed_before,
        sum(passed + failed)::bigint as verdicts,
        sum(mean_score * scored) filter (where weeks_ago = 0 and scored > 0)
        / sum(scored) filter (where weeks_ago = 0 and scored > 0) as mean_score
    from weeks
    group by metric_id
    order by verdicts desc, metric_id
    limit $rows
)

select
    metric_id,
    metric_name,
    datasets,
    passed + failed as judged,
    errors,
    passed / nullif(passed + failed, 0) as pass_rate,
    marts.wilson_interval(passed, passed + failed).low as pass_rate_low,
    marts.wilson_interval(passed, passed + failed).high as pass_rate_high,
    passed / nullif(passed + failed + errors, 0) as pass_rate_strict,
    errors / nullif(passed + failed + errors, 0) as error_rate,
    mean_score,
    passed_before / nullif(passed_before + failed_before, 0) as pass_rate_before
from pooled
order by metric_name, metric_id;
