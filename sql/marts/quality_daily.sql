-- One row per UTC day, dataset and metric: how the captured runs that started on that day did. The newest day
-- may not be over yet.
-- refresh: by dataset
select
    (run_started_at at time zone 'UTC')::date as day,
    dataset_id,
    max(dataset_name) as dataset_name,
    metric_id,
    max(metric_name) as metric_name,
    count(*) as runs,
    sum(passed)::bigint as passed,
    sum(failed)::bigint as failed,
    sum(errors)::bigint as errors,
    sum(scored)::bigint as scored,
    sum(mean_score * scored) / nullif(sum(scored) filter (where scored > 0), 0) as mean_score,
    sum(passed) / nullif(sum(passed + failed), 0) as pass_rate,
    sum(passed) / nullif(sum(passed + failed + errors), 0) as pass_rate_strict
from marts.run_metric_scores
where
    capture = 'captured'
    and dataset_id in (select refreshed.dataset_id from refreshed)
group by all;
