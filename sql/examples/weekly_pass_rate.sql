-- Are we getting better? The pass rate of each week, all datasets together, with its 95 % interval. The interval
-- takes records as independent; those of one dataset are not, so the truth is less certain. The newest day is
-- left out, as it is not over.
-- param weeks integer 12: how many weeks before this one
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

weekly as (
    select
        date_trunc('week', quality.day)::date as week,
        sum(quality.passed)::bigint as passed,
        sum(quality.passed + quality.failed)::bigint as judged,
        sum(quality.errors)::bigint as errors
    from marts.quality_daily as quality
    cross join newest
    where quality.day < newest.day and quality.day >= date_trunc('week', newest.day) - to_weeks($weeks)
    group by date_trunc('week', quality.day)
)

select
    week,
    judged,
    errors,
    round(passed / judged, 4) as pass_rate,
    round(marts.wilson_interval(passed, judged).low, 4) as pass_rate_low,
    round(marts.wilson_interval(passed, judged).high, 4) as pass_rate_high
from weekly
where judged > 0
order by week;
