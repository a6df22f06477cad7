-- The runs of the last 37 days in the order of their creation, for replaying what watching would have caught of the
-- last 30: when each was created, finished and replaced, and whether it was lost.
select
    run.dataset_id,
    run.created_at,
    run.finished_at,
    run.superseded_at,
    (
        run.capture in ('missed', 'partly captured')
        and run.created_at >= newest.started_at - interval 30 days
    ) as is_lost
from marts.run_scorecard as run
cross join (select max(started_at) as started_at from meta.syncs) as newest
where
    run.created_at >= newest.started_at - interval 37 days
    and run.created_at <= newest.started_at
order by run.dataset_id, run.created_at, run.run_id;
