-- How many runs of the last 30 days have which capture, and how many of them no polling could have caught: they were
-- replaced before they had finished.
select
    run.capture,
    count(*) as runs,
    count(*) filter (where run.catch_window_seconds <= 0) as beyond_polling
from marts.run_scorecard as run
cross join (select max(started_at) as started_at from meta.syncs) as newest
where
    run.created_at >= newest.started_at - interval 30 days
    and run.created_at <= newest.started_at
group by run.capture
order by
    list_position(
        ['captured', 'partly captured', 'missed', 'before first sync', 'in progress', 'awaiting', 'not served'],
        run.capture
    );
