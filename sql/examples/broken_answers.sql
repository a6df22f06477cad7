-- Which answers broke? Records that passed in the run before and fail now: what they answered then and now, and
-- the judge's reasons.
-- param run integer null: the run; null is each dataset's newest captured one
-- param rows integer 20: how many to show, the largest falls first
with broken as (
    select
        flips.dataset_id,
        flips.dataset_name,
        flips.run_id,
        flips.record_id,
        flips.metric_name,
        flips.likely_cause,
        flips.score_before,
        flips.score_after,
        flips.previous_evaluation_id,
        flips.evaluation_id
    from marts.outcome_flips as flips
    inner join marts.run_scorecard as run
        on flips.dataset_id = run.dataset_id and flips.run_id = run.run_id
    where
        flips.flip = 'regression'
        and case when $run is null then run.captured_recency = 1 else flips.run_id = $run end
    order by flips.score_change, flips.evaluation_id
    limit $rows
),

cells as (
    select
        dataset_id,
        record_id,
        unnest([previous_evaluation_id, evaluation_id]) as evaluation_id
    from broken
),

outputs as (
    select
        cells.dataset_id,
        cells.evaluation_id,
        any_value(versions.output) as output
    from cells
    inner join marts.evaluation_outcomes as outcomes
        on
            cells.dataset_id = outcomes.dataset_id
            and cells.evaluation_id = outcomes.evaluation_id
    inner join history.records as versions
        on cells.dataset_id = versions.dataset_id and cells.record_id = versions.id
    where outcomes.output_hash = marts.output_hash(versions.output, versions.output_type)
    group by cells.dataset_id, cells.evaluation_id
),

reasons as (
    select
        evaluations.dataset_id,
        evaluations.id as evaluation_id,
        evaluations.explanation
    from history.evaluations
    semi join cells
        on
            evaluations.dataset_id = cells.dataset_id
            and evaluations.id = cells.evaluation_id
    where evaluations._valid_to is null
)

select
    broken.dataset_name,
    broken.record_id,
    broken.metric_name,
    broken.likely_cause,
    broken.score_before,
    broken.score_after,
    output_before.output as answer_before,
    output_after.output as answer_after,
    reason_before.explanation as reason_before,
    reason_after.explanation as reason_after
from broken
left join outputs as output_before
    on
        broken.dataset_id = output_before.dataset_id
        and broken.previous_evaluation_id = output_before.evaluation_id
left join outputs as output_after
    on
        broken.dataset_id = output_after.dataset_id
        and broken.evaluation_id = output_after.evaluation_id
left join reasons as reason_before
    on
        broken.dataset_id = reason_before.dataset_id
        and broken.previous_evaluation_id = reason_before.evaluation_id
left join reasons as reason_after
    on
        broken.dataset_id = reason_after.dataset_id
        and broken.evaluation_id = reason_after.evaluation_id
order by broken.score_after - broken.score_before, broken.evaluation_id;
