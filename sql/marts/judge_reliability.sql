-- One row per metric and scoring model: how often it fails, how much its scores repeat on unchanged content, and
-- how long it takes.
-- refresh: whole
with received as (
    select
        metric_id,
        model_slug,
        sum(evaluations)::bigint as evaluations
    from marts.cost_daily
    group by metric_id, model_slug
),

repeated as (
    select
        metric_id,
        model_slug,
        sum(repeats)::bigint as repeats,
        sqrt(sum(squared_change) / sum(repeats) / 2) as repeat_sd,
        sum(absolute_change) / sum(repeats) as mean_abs_change,
        sum(identical) / sum(repeats) as identical_share,
        sum(flips) / sum(repeats) as repeat_flip_rate
    from meta.score_repeats
    group by metric_id, model_slug
),

scored as (
    select
        outcomes.metric_id,
        coalesce(outcomes.model_slug, '(no model)') as model_slug,
        count(*) filter (where outcomes.outcome in ('pass', 'fail')) as judged,
        count(*) filter (where outcomes.outcome = 'error') as errors,
        stddev_samp(outcomes.score) as sd_score,
        avg((abs(outcomes.score - outcomes.threshold) <= repeated.repeat_sd)::integer)
            as near_threshold_share,
        quantile_cont(outcomes.latency_seconds, [0.5, 0.95]) as latency_quantiles
    from marts.evaluation_outcomes as outcomes
    left join repeated
        on
            outcomes.metric_id = repeated.metric_id
            and coalesce(outcomes.model_slug, '(no model)') = repeated.model_slug
    group by outcomes.metric_id, coalesce(outcomes.model_slug, '(no model)')
)

select
    received.metric_id,
    catalog.metric_name,
    received.model_slug,
    received.evaluations,
    scored.errors / nullif(scored.judged + scored.errors, 0) as error_rate,
    scored.sd_score,
    coalesce(repeated.repeats, 0) as repeats,
    repeated.repeat_sd,
    repeated.mean_abs_change,
    repeated.identical_share,
    repeated.repeat_flip_rate,
    scored.near_threshold_share,
    1 - power(repeated.repeat_sd, 2) / nullif(power(scored.sd_score, 2), 0) as reliability,
    scored.latency_quantiles[1] as median_latency_seconds,
    scored.latency_quantiles[2] as p95_latency_seconds
from received
inner join marts.metric_catalog as catalog on received.metric_id = catalog.metric_id
left join scored
    on received.metric_id = scored.metric_id and received.model_slug = scored.model_slug
left join repeated
    on received.metric_id = repeated.metric_id and received.model_slug = repeated.model_slug;
