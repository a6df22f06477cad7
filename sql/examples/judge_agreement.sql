-- Do two judges agree? Verdicts of two scoring models on the same record, metric and content, from runs between
-- which the model changed. Kappa is 1 for full agreement, 0 for what chance alone would give.
-- param days integer 90: how many days before the newest sync
with changed as (
    select
        comparisons.dataset_id,
        comparisons.run_id,
        comparisons.previous_run_id,
        comparisons.metric_id
    from marts.run_comparisons as comparisons
    where
        comparisons.model_changed
        and comparisons.run_started_at >= (
            select max(syncs.started_at) - to_days($days)
            from meta.syncs
        )
),

verdicts as (
    select
        after_cell.metric_name,
        least(before_cell.model_slug, after_cell.model_slug) as judge_a,
        greatest(before_cell.model_slug, after_cell.model_slug) as judge_b,
        case
            when before_cell.model_slug < after_cell.model_slug
                then before_cell.outcome
            else after_cell.outcome
        end = 'pass' as passed_a,
        case
            when before_cell.model_slug < after_cell.model_slug
                then after_cell.outcome
            else before_cell.outcome
        end = 'pass' as passed_b
    from changed
    inner join marts.evaluation_outcomes as after_cell
        on
            changed.dataset_id = after_cell.dataset_id
            and changed.run_id = after_cell.run_id
            and changed.metric_id = after_cell.metric_id
    inner join marts.evaluation_outcomes as before_cell
        on
            changed.dataset_id = before_cell.dataset_id
            and changed.previous_run_id = before_cell.run_id
            and changed.metric_id = before_cell.metric_id
            and after_cell.record_id = before_cell.record_id
    where
        before_cell.model_slug <> after_cell.model_slug
        and before_cell.threshold = after_cell.threshold
        and before_cell.question_hash = after_cell.question_hash
        and before_cell.output_hash = after_cell.output_hash
        and before_cell.outcome in ('pass', 'fail')
        and after_cell.outcome in ('pass', 'fail')
),

counted as (
    select
        metric_name,
        judge_a,
        judge_b,
        count(*) as records,
        avg((passed_a = passed_b)::integer) as agreement,
        avg(passed_a::integer) as rate_a,
        avg(passed_b::integer) as rate_b
    from verdicts
    group by metric_name, judge_a, judge_b
),

expected as (
    select
        *,
        rate_a * rate_b + (1 - rate_a) * (1 - rate_b) as by_chance
    from counted
)

select
    metric_name,
    judge_a,
    judge_b,
    records,
    round(rate_a, 3) as pass_rate_a,
    round(rate_b, 3) as pass_rate_b,
    round(agreement, 3) as agreement,
    round((agreement - by_chance) / nullif(1 - by_chance, 0), 3) as kappa
from expected
order by records desc, metric_name, judge_a, judge_b;
