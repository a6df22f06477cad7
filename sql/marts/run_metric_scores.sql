-- One row per run and metric: verdicts, scores and pass rates with their interval.
-- refresh: by dataset
with scored as (
    select
        dataset_id,
        run_id,
        metric_id,
        max(metric_name) as metric_name,
        max(threshold) as threshold,
        coalesce(min(threshold) <> max(threshold), false) as threshold_mixed,
        count(*) as cells,
        count(*) filter (where outcome = 'pass') as passed,
        count(*) filter (where outcome = 'fail') as failed,
        count(*) filter (where outcome = 'error') as errors,
        count(*) filter (where outcome = 'pending') as pending,
        count(score) as scored,
        avg(score) as mean_score,
        stddev_samp(score) as sd_score,
        quantile_cont(score, [0.1, 0.5]) as score_quantiles,
        median(latency_seconds) as median_latency_seconds
    from marts.evaluation_outcomes
    where dataset_id in (select refreshed.dataset_id from refreshed)
    group by dataset_id, run_id, metric_id
)

select
    scored.run_id,
    scored.dataset_id,
    run.dataset_name,
    run.capture,
    run.started_at as run_started_at,
    run.captured_recency,
    scored.metric_id,
    scored.metric_name,
    scored.threshold,
    scored.threshold_mixed,
    scored.cells,
    scored.passed,
    scored.failed,
    scored.errors,
    scored.pending,
    scored.scored,
    scored.mean_score,
    scored.sd_score,
    scored.score_quantiles[1] as p10_score,
    scored.score_quantiles[2] as median_score,
    scored.median_latency_seconds,
    scored.passed / nullif(scored.passed + scored.failed, 0) as pass_rate,
    scored.passed / nullif(scored.passed + scored.failed + scored.errors, 0) as pass_rate_strict,
    marts.wilson_interval(scored.passed, scored.passed + scored.failed).low as pass_rate_low,
    marts.wilson_interval(scored.passed, scored.passed + scored.failed).high as pass_rate_high,
    scored.errors / nullif(scored.passed + scored.failed + scored.errors, 0) as error_rate
from scored
inner join marts.run_scorecard as run
    on scored.dataset_id = run.dataset_id and scored.run_id = run.run_id;
