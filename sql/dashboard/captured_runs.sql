-- The captured runs of a dataset, newest first: those that can be compared.
select
    run_id,
    alias,
    created_at,
    previous_captured_run_id
from marts.run_scorecard
where dataset_id = $dataset and captured_recency is not null
order by captured_recency;
