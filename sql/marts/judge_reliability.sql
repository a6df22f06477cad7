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

consecutive as (
    select
        metric_id,
        model_slug,
        score,
        outcome,
        lag(score) over earlier as score_before,
        lag(outcome) over earlier as outcome_before,
        (
            threshold is not distinct from lag(threshold) over earlier
            and question_hash = lag(question_hash) over earlier
            and output_hash = lag(output_hash) over earlier
        ) as is_repeat
    from marts.evaluation_outcomes
    where score is not null
    window earlier as (
        partition by dataset_id, record_id, metric_id, model_slug order by started_at, evaluation_id
    )
),

repeated as (
    select
        metric_id,
        coalesce(model_slug, '(no model)') as model_slug,
        count(*) as repeats,
        sqrt(avg(power(score - score_before, 2)) / 2) as repeat_sd,
        avg(abs(score - score_before)) as mean_abs_change,
        avg((score = score_before)::integer) as identical_share,
        avg((outcome <> outcome_before)::integer) as repeat_flip_rate
    from consecutive
    where is_repeat
    group by metric_id, coalesce(model_slug, '(no model)')
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
