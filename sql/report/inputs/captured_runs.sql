-- Every captured run, with the night in which it was first known to be captured: listed as finished, and shown.
create or replace temp table captured_runs as
with finished as (
    select
        dataset_id,
        id as run_id,
        min(_valid_from) as known_at
    from history.runs
    where finished_at is not null
    group by dataset_id, id
),

shown as (
    select
        dataset_id,
        run_id,
        min(_valid_from) as known_at
    from history.evaluated_runs
    group by dataset_id, run_id
)

select
    run.dataset_id,
    run.run_id,
    nights.nights_ago
from marts.run_scorecard as run
inner join finished on run.dataset_id = finished.dataset_id and run.run_id = finished.run_id
inner join shown on run.dataset_id = shown.dataset_id and run.run_id = shown.run_id
asof inner join nights on greatest(finished.known_at, shown.known_at) <= nights.started_at
where run.capture = 'captured';
