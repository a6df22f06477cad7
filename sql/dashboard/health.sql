-- How the datasets stand: those that need a look first.
select
    dataset_id,
    coalesce(dataset_name, 'dataset ' || dataset_id) as dataset_name,
    health,
    last_run_at,
    pass_rate,
    pass_rate_strict,
    weakest_metric,
    metrics_worse,
    metrics_better,
    regressions,
    fixes,
    missed_30d,
    cost_30d,
    last_fetched_at,
    fetch_status,
    last_error,
    user_email
from marts.dataset_health
where $dataset is null or dataset_id = $dataset
order by
    list_position(['stale', 'regressed', 'losing runs', 'below threshold', 'idle', 'ok'], health),
    metrics_worse desc nulls last,
    regressions desc nulls last,
    pass_rate,
    dataset_id;
