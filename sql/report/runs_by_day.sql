-- What became of the runs created on each of the 30 whole UTC days before the newest sync, kinds that the API never
-- serves left out.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
)

select
    (run.created_at at time zone 'UTC')::date as day,
    run.capture,
    count(*) as runs
from marts.run_scorecard as run
cross join newest
where
    run.capture not in ('not served', 'before first sync')
    and (run.created_at at time zone 'UTC')::date >= newest.day - 30
    and (run.created_at at time zone 'UTC')::date < newest.day
group by all
order by all;
