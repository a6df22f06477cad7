-- One row per run ever seen: what became of its evaluations, its scores (of what is open), and its cost (of
-- everything received).
-- refresh: by dataset
with record_spans as (
    select
        dataset_id,
        id as record_id,
        coalesce(min(created_at), min(_valid_from)) as exists_from,
        max(coalesce(_valid_to, 'infinity')) as exists_until
    from history.records
    where dataset_id in (select refreshed.dataset_id from refreshed)
    group by dataset_id, id
),

record_changes as (
    select
        dataset_id,
        changed_at,
        sum(sum(step)) over (partition by dataset_id order by changed_at)::bigint as records
    from (
        select
            dataset_id,
            exists_from as changed_at,
            1 as step
        from record_spans
        union all
        select
            dataset_id,
            exists_until as changed_at,
            -1 as step
        from record_spans
    )
    group by dataset_id, changed_at
),

received as (
    select
        dataset_id,
        run_id,
        count(*) as captured_evaluations,
        marts.exact_sum(evaluation_cost) as cost,
        try_cast(sum(credits_consumed) as bigint) as credits,
        try_cast(sum(input_tokens) as bigint) as input_tokens,
        try_cast(sum(output_tokens) as bigint) as output_tokens
    from received_evaluations
    group by dataset_id, run_id
),

scored as (
    select
        dataset_id,
        run_id,
        count(*) as cells,
        avg(score) as mean_score,
        count(*) filter (where outcome = 'pass') as passed,
        count(*) filter (where outcome = 'fail') as failed,
        count(*) filter (where outcome = 'error') as errors,
        count(*) filter (where outcome = 'pending') as pending,
        median(latency_seconds) as median_latency_seconds
    from marts.evaluation_outcomes
    where dataset_id in (select refreshed.dataset_id from refreshed)
    group by dataset_id, run_id
),

expected as (
    select
        runs.dataset_id,
        runs.run_id,
        if(runs.created_at is null, null, coalesce(record_changes.records, 0)) as expected_records
    from known_runs as runs
    asof left join record_changes
        on
            runs.dataset_id = record_changes.dataset_id
            and runs.created_at >= record_changes.changed_at
)

select
    runs.run_id,
    runs.dataset_id,
    dataset_names.dataset_name,
    runs.alias,
    runs.model_slug,
    runs.user_email,
    runs.run_source_name,
    runs.run_type_name,
    runs.is_listed,
    coalesce(dataset_names.dataset_exists, false) as dataset_exists,
    runs.created_at,
    runs.started_at,
    runs.finished_at,
    (epoch_us(runs.finished_at) - epoch_us(runs.started_at)) / 1e6 as duration_seconds,
    captures.capture,
    expected.expected_records,
    runs.number_of_metrics,
    try_cast(
        expected.expected_records::hugeint * runs.number_of_metrics as bigint
    ) as expected_evaluations,
    coalesce(received.captured_evaluations, 0) as captured_evaluations,
    coalesce(scored.cells, 0)
    / nullif(expected.expected_records::double * runs.number_of_metrics, 0) as coverage,
    case
        when runs.created_at > captures.first_synced_at then 'observed'
        when runs.created_at <= captures.first_synced_at then 'estimated'
    end as expected_basis,
    captures.superseded_at,
    (
        epoch_us(captures.superseded_at) - epoch_us(runs.finished_at)
    ) / 1e6 as catch_window_seconds,
    runs.api_result,
    scored.mean_score,
    coalesce(scored.passed, 0) as passed,
    coalesce(scored.failed, 0) as failed,
    coalesce(scored.errors, 0) as errors,
    coalesce(scored.pending, 0) as pending,
    scored.passed / nullif(scored.passed + scored.failed, 0) as pass_rate,
    scored.passed / nullif(scored.passed + scored.failed + scored.errors, 0) as pass_rate_strict,
    received.cost,
    received.credits,
    received.input_tokens,
    received.output_tokens,
    scored.median_latency_seconds,
    captures.captured_recency,
    captures.previous_captured_run_id
from known_runs as runs
inner join run_captures as captures
    on runs.dataset_id = captures.dataset_id and runs.run_id = captures.run_id
inner join expected
    on runs.dataset_id = expected.dataset_id and runs.run_id = expected.run_id
left join dataset_names on runs.dataset_id = dataset_names.dataset_id
left join received
    on runs.dataset_id = received.dataset_id and runs.run_id = received.run_id
left join scored
    on runs.dataset_id = scored.dataset_id and runs.run_id = scored.run_id
where runs.dataset_id in (select refreshed.dataset_id from refreshed);
