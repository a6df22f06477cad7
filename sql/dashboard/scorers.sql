-- How far each scorer, a metric and its model, can be trusted: the least reliable first. Over all datasets.
select
    metric_name,
    model_slug,
    reliability,
    repeat_sd,
    identical_share,
    repeat_flip_rate,
    near_threshold_share,
    error_rate,
    repeats,
    evaluations,
    median_latency_seconds,
    p95_latency_seconds
from marts.judge_reliability
where len($metrics) = 0 or list_contains($metrics, metric_id)
order by reliability nulls last, metric_name, metric_id, model_slug;
