-- How often would one have to look to catch the runs whole? A run that is there for w minutes is caught by looking
-- every i minutes with probability w / i. Runs that were not replaced, or never finished, prove nothing.
-- param days integer 30: how many days before the newest sync
with windows as (
    select run.catch_window_seconds / 60 as minutes
    from marts.run_scorecard as run
    where
        run.catch_window_seconds is not null
        and run.created_at >= (
            select max(syncs.started_at) - to_days($days)
            from meta.syncs
        )
),

existing as (
    select count(*) as datasets
    from main.datasets
)

select
    intervals.every_minutes,
    count(windows.minutes) as runs,
    round(
        100 * avg(
            case
                when windows.minutes is not null
                    then least(1, greatest(0, windows.minutes) / intervals.every_minutes)
            end
        ),
        1
    ) as percent_caught,
    round(100 * avg((windows.minutes <= 0)::integer), 1) as percent_beyond_polling,
    any_value(existing.datasets) * 1440 // intervals.every_minutes as requests_a_day
from (
    select unnest([5, 15, 30, 60, 120, 240, 480, 720, 1440]) as every_minutes
) as intervals
cross join existing
left join windows on true
group by intervals.every_minutes
order by intervals.every_minutes;
