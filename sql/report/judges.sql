-- How far each scorer can be trusted: those with the least reliable scores first, of the most used $rows.
with used as (
    select
        *,
        count(*) over () as scorers
    from marts.judge_reliability
    order by evaluations desc, metric_id, model_slug
    limit $rows
)

select
    scorers,
    metric_name,
    model_slug,
    evaluations,
    error_rate,
    repeats,
    repeat_sd,
    identical_share,
    repeat_flip_rate,
    near_threshold_share,
    reliability,
    median_latency_seconds
from used
order by reliability nulls last, metric_name, metric_id, model_slug;
