-- Which runs were missed, and how long were they there to be fetched? A negative time: the next run was created
-- before this one finished, so no polling could have caught it whole.
-- param days integer 30: how many days before the newest sync
select
    run.dataset_name,
    run.run_id,
    run.alias,
    run.capture,
    run.created_at,
    run.finished_at,
    run.superseded_at,
    round(run.catch_window_seconds / 60, 1) as minutes_to_catch_it,
    run.captured_evaluations,
    run.expected_evaluations
from marts.run_scorecard as run
where
    run.capture in ('missed', 'partly captured')
    and run.created_at >= (
        select max(syncs.started_at) - to_days($days)
        from meta.syncs
    )
order by run.created_at desc, run.run_id;
