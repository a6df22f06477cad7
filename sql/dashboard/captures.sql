-- What became of the runs created in the 30 whole UTC days before the newest sync, by day.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
)

select
    (run.created_at at time zone 'UTC')::date as day,
    run.capture,
    count(*) as runs,
    count(*) filter (where run.catch_window_seconds <= 0) as beyond_polling
from marts.run_scorecard as run
cross join newest
where
    (run.created_at at time zone 'UTC')::date >= newest.day - 30
    and (run.created_at at time zone 'UTC')::date < newest.day
    and ($dataset is null or run.dataset_id = $dataset)
group by all
order by all;
