-- The last 30 nights, oldest first: runs captured and how they did, runs that turned out to be missed, and records
-- that were added, edited or deleted. In the first sync everything is new: what it added is left out.
with scored as (
    select
        captured_runs.nights_ago,
        count(*) as runs_captured,
        sum(run.captured_evaluations)::bigint as evaluations,
        sum(run.passed)::bigint as passed,
        sum(run.failed)::bigint as failed,
        sum(run.errors)::bigint as errors
    from captured_runs
    inner join marts.run_scorecard as run
        on captured_runs.dataset_id = run.dataset_id and captured_runs.run_id = run.run_id
    group by captured_runs.nights_ago
),

changed as (
    select
        nights.nights_ago,
        sum(changes.n) filter (where changes.entity = 'run' and changes.change = 'missed')::bigint as runs_missed,
        sum(changes.n) filter (
            where changes.entity = 'record' and changes.change in ('added', 'returned')
        )::bigint as records_added,
        sum(changes.n) filter (where changes.entity = 'record' and changes.change = 'edited')::bigint
            as records_edited,
        sum(changes.n) filter (where changes.entity = 'record' and changes.change = 'deleted')::bigint
            as records_deleted
    from marts.nightly_changes as changes
    asof inner join nights on changes.sync_started_at <= nights.started_at
    where not changes.is_first_sync
    group by nights.nights_ago
)

select
    nights.sync_id,
    nights.started_at,
    nights.nights_ago,
    coalesce(scored.runs_captured, 0) as runs_captured,
    coalesce(scored.evaluations, 0) as evaluations,
    coalesce(scored.passed, 0) as passed,
    coalesce(scored.failed, 0) as failed,
    coalesce(scored.errors, 0) as errors,
    coalesce(changed.runs_missed, 0) as runs_missed,
    coalesce(changed.records_added, 0) as records_added,
    coalesce(changed.records_edited, 0) as records_edited,
    coalesce(changed.records_deleted, 0) as records_deleted
from nights
left join scored on nights.nights_ago = scored.nights_ago
left join changed on nights.nights_ago = changed.nights_ago
where nights.nights_ago < 30
order by nights.nights_ago desc;
