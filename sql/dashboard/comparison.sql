-- Two captured runs of a dataset, metric by metric, worst first. A run against the one before it: as it was tested
-- together with its night. Any other two: tested among their own metrics.
with tested as (
    select *
    from marts.run_comparisons
    where dataset_id = $dataset and run_id = $candidate and previous_run_id = $baseline
),

computed as (
    select *
    from marts.compare_runs($baseline, $candidate)
    where not exists (select metric_id from tested)
),

compared as (
    select * from tested
    union all by name
    select * from computed
)

select
    metric_id,
    metric_name,
    verdict,
    mean_before,
    mean_after,
    mean_change,
    change_low,
    change_high,
    n_pairs,
    pairs_excluded,
    regressions,
    fixes,
    q_value,
    threshold_changed,
    model_changed,
    tests_that_night
from compared
where len($metrics) = 0 or list_contains($metrics, metric_id)
order by mean_change, metric_name, metric_id;
