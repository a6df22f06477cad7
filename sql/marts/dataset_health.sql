-- One row per dataset that exists: is it fetched, run, captured, and how does its newest captured run stand.
-- Windows of 30 days end at the newest sync's start.
-- refresh: nightly
with newest_sync as (
    select
        max(started_at) as started_at,
        max(started_at) - interval 30 days as month_before,
        (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

recent_runs as (
    select
        run.dataset_id,
        count(*) filter (where run.capture <> 'not served') as runs_30d,
        count(*) filter (where run.capture = 'captured') as captured_30d,
        count(*) filter (where run.capture = 'partly captured') as partly_captured_30d,
        count(*) filter (where run.capture = 'missed') as missed_30d,
        quantile_cont(
            if(run.catch_window_seconds > 0, run.catch_window_seconds, null), 0.1
        ) / 60 as poll_minutes_for_90_percent
    from marts.run_scorecard as run
    cross join newest_sync
    where run.created_at >= newest_sync.month_before and run.created_at <= newest_sync.started_at
    group by run.dataset_id
),

all_runs as (
    select
        dataset_id,
        max(created_at) as last_run_at,
        max(created_at) filter (where captured_recency = 1) as last_captured_run_at,
        max(run_id) filter (where captured_recency = 1) as last_captured_run_id,
        max(pass_rate) filter (where captured_recency = 1) as pass_rate,
        max(pass_rate_strict) filter (where captured_recency = 1) as pass_rate_strict
    from marts.run_scorecard
    group by dataset_id
),

newest_metrics as (
    select
        dataset_id,
        count(*) as metrics,
        count(*) filter (where mean_score < threshold) as metrics_below_threshold,
        arg_min(metric_name, {'rate': pass_rate, 'score': mean_score, 'id': metric_id})
        filter (where pass_rate is not null) as weakest_metric
    from marts.run_metric_scores
    where captured_recency = 1
    group by dataset_id
),

newest_comparisons as (
    select
        dataset_id,
        sum(regressions)::bigint as regressions,
        sum(fixes)::bigint as fixes,
        count(*) filter (where verdict = 'worse') as metrics_worse,
        count(*) filter (where verdict = 'better') as metrics_better
    from marts.run_comparisons
    where captured_recency = 1
    group by dataset_id
),

recent_costs as (
    select
        costs.dataset_id,
        marts.exact_sum(costs.cost) as cost_30d
    from marts.cost_daily as costs
    cross join newest_sync
    where costs.day >= newest_sync.day - 30 and costs.day < newest_sync.day
    group by costs.dataset_id
),

failures as (
    select
        errors.dataset_id,
        count(distinct errors.sync_id) filter (
            where syncs.started_at >= newest_sync.month_before
        ) as failed_syncs_30d,
        arg_max(errors.error, errors.sync_id) as last_error
    from meta.sync_errors as errors
    inner join meta.syncs on errors.sync_id = syncs.sync_id
    cross join newest_sync
    where errors.dataset_id is not null
    group by errors.dataset_id
),

record_counts as (
    select
        dataset_id,
        count(*) as records
    from history.records
    where _valid_to is null
    group by dataset_id
),

described as (
    select
        datasets.id as dataset_id,
        datasets.name as dataset_name,
        datasets.user_email,
        coalesce(record_counts.records, 0) as records,
        all_runs.last_run_at,
        all_runs.last_captured_run_at,
        all_runs.last_captured_run_id,
        case
            when all_runs.last_run_at < newest_sync.started_at
                then (epoch_us(newest_sync.started_at) - epoch_us(all_runs.last_run_at)) // 86400000000
            when all_runs.last_run_at is not null then 0
        end as days_since_run,
        coalesce(recent_runs.runs_30d, 0) as runs_30d,
        coalesce(recent_runs.captured_30d, 0) as captured_30d,
        coalesce(recent_runs.partly_captured_30d, 0) as partly_captured_30d,
        coalesce(recent_runs.missed_30d, 0) as missed_30d,
        recent_runs.poll_minutes_for_90_percent,
        all_runs.pass_rate,
        all_runs.pass_rate_strict,
        coalesce(newest_metrics.metrics, 0) as metrics,
        coalesce(newest_metrics.metrics_below_threshold, 0) as metrics_below_threshold,
        newest_metrics.weakest_metric,
        coalesce(newest_comparisons.regressions, 0) as regressions,
        coalesce(newest_comparisons.fixes, 0) as fixes,
        coalesce(newest_comparisons.metrics_worse, 0) as metrics_worse,
        coalesce(newest_comparisons.metrics_better, 0) as metrics_better,
        recent_costs.cost_30d,
        states.last_fetched_at,
        states.status as fetch_status,
        coalesce(failures.failed_syncs_30d, 0) as failed_syncs_30d,
        failures.last_error
    from history.datasets
    cross join newest_sync
    left join meta.dataset_state as states on datasets.id = states.dataset_id
    left join all_runs on datasets.id = all_runs.dataset_id
    left join recent_runs on datasets.id = recent_runs.dataset_id
    left join newest_metrics on datasets.id = newest_metrics.dataset_id
    left join newest_comparisons on datasets.id = newest_comparisons.dataset_id
    left join recent_costs on datasets.id = recent_costs.dataset_id
    left join failures on datasets.id = failures.dataset_id
    left join record_counts on datasets.id = record_counts.dataset_id
    where datasets._valid_to is null
)

select
    *,
    case
        when fetch_status in ('failed', 'missing', 'partial', 'quarantined') then 'stale'
        when metrics_worse > 0 then 'regressed'
        when missed_30d > 0 then 'losing runs'
        when last_run_at is null or days_since_run >= 30 then 'idle'
        when metrics_below_threshold > 0 then 'below threshold'
        else 'ok'
    end as health
from described;
