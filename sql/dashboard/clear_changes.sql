-- Clear changes of each dataset's newest captured run against the one before, worst first: the largest $rows.
with clear as (
    select
        *,
        count(*) over () as changes
    from marts.run_comparisons
    where
        captured_recency = 1
        and verdict in ('worse', 'better')
        and ($dataset is null or dataset_id = $dataset)
        and (len($metrics) = 0 or list_contains($metrics, metric_id))
    order by abs(mean_change) desc, dataset_id, metric_id
    limit $rows
)

select
    dataset_id,
    coalesce(dataset_name, 'dataset ' || dataset_id) as dataset_name,
    run_id,
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
    changes
from clear
order by mean_change, dataset_id, metric_id;
