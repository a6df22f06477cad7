-- One row per record and metric: its verdicts over the dataset's captured runs, and whether they flip without an
-- edit.
-- refresh: by dataset
with judged as (
    select
        outcomes.dataset_id,
        max(run.dataset_name) as dataset_name,
        outcomes.record_id,
        outcomes.metric_id,
        max(outcomes.metric_name) as metric_name,
        count(*) as runs,
        count(*) filter (where outcomes.outcome = 'pass') as passed,
        count(*) filter (where outcomes.outcome = 'fail') as failed,
        count(*) filter (where outcomes.outcome = 'error') as errors,
        avg(outcomes.score) as mean_score,
        stddev_samp(outcomes.score) as sd_score,
        min(outcomes.score) as lowest_score,
        arg_min(
            {'outcome': outcomes.outcome, 'score': outcomes.score}, run.captured_recency
        ) as latest
    from marts.evaluation_outcomes as outcomes
    inner join marts.run_scorecard as run
        on outcomes.dataset_id = run.dataset_id and outcomes.run_id = run.run_id
    where
        run.captured_recency is not null
        and outcomes.dataset_id in (select refreshed.dataset_id from refreshed)
    group by outcomes.dataset_id, outcomes.record_id, outcomes.metric_id
),

flipped as (
    select
        dataset_id,
        record_id,
        metric_id,
        count(*) as flips,
        count(*) filter (where not is_answer_changed and not is_question_changed)
            as flips_without_edit
    from cell_pairs
    where
        (outcome_before = 'pass' and outcome_after = 'fail')
        or (outcome_before = 'fail' and outcome_after = 'pass')
    group by dataset_id, record_id, metric_id
)

select
    judged.dataset_id,
    judged.dataset_name,
    judged.record_id,
    judged.metric_id,
    judged.metric_name,
    judged.runs,
    judged.passed,
    judged.failed,
    judged.errors,
    judged.passed / nullif(judged.passed + judged.failed, 0) as pass_rate,
    judged.mean_score,
    judged.sd_score,
    judged.lowest_score,
    coalesce(flipped.flips, 0) as flips,
    coalesce(flipped.flips_without_edit, 0) as flips_without_edit,
    judged.latest.outcome as latest_outcome,
    judged.latest.score as latest_score,
    case
        when judged.passed + judged.failed < 3 then 'too few runs'
        when judged.passed = 0 then 'always fails'
        when flipped.flips_without_edit >= 2 then 'flaky'
        when judged.failed = 0 then 'always passes'
        else 'mixed'
    end as label
from judged
left join flipped
    on
        judged.dataset_id = flipped.dataset_id
        and judged.record_id = flipped.record_id
        and judged.metric_id = flipped.metric_id;
