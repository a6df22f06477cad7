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
        flips.evaluation_id,
        flips.previous_run_id
    from marts.outcome_flips as flips
    inner join marts.run_scorecard as run
        on flips.dataset_id = run.dataset_id and flips.run_id = run.run_id
    where
        flips.flip = 'regression'
        and case when $run is null then run.captured_recency = 1 else flips.run_id = $run end
    order by flips.score_change, flips.evaluation_id
    limit $rows
),

hashes as (
    select
        outcomes.dataset_id,
        outcomes.evaluation_id,
        outcomes.record_id,
        outcomes.output_hash
    from marts.evaluation_outcomes as outcomes
    inner join broken
        on
            outcomes.dataset_id = broken.dataset_id
            and outcomes.record_id = broken.record_id
            and outcomes.run_id in (broken.run_id, broken.previous_run_id)
            and outcomes.evaluation_id in (broken.evaluation_id, broken.previous_evaluation_id)
),

outputs as (
    select
        hashes.dataset_id,
        hashes.evaluation_id,
        any_value(versions.output) as output
    from hashes
    inner join history.records as versions
        on hashes.dataset_id = versions.dataset_id and hashes.record_id = versions.id
    where hashes.output_hash = marts.output_hash(versions.output, versions.output_type)
    group by hashes.dataset_id, hashes.evaluation_id
),

reasons as (
    select
        evaluations.dataset_id,
        evaluations.id as evaluation_id,
        evaluations.explanation
    from main.evaluations
    semi join hashes
        on
            evaluations.dataset_id = hashes.dataset_id
            and evaluations.id = hashes.evaluation_id
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
