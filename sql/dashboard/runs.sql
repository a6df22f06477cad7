-- The newest $rows runs, whatever became of them, newest first.
select
    coalesce(dataset_name, 'dataset ' || dataset_id) as dataset_name,
    run_id,
    alias,
    capture,
    created_at,
    finished_at,
    superseded_at,
    catch_window_seconds / 60 as catch_window_minutes,
    captured_evaluations,
    coverage,
    pass_rate,
    errors,
    cost,
    run_source_name,
    user_email,
    count(*) over () as runs
from marts.run_scorecard
where $dataset is null or dataset_id = $dataset
order by created_at desc nulls last, dataset_id, run_id
limit $rows;
