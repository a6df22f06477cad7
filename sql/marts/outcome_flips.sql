-- One row per cell whose verdict changed since the dataset's captured run before, with its likely cause.
-- refresh: by dataset
select
    pairs.dataset_id,
    run.dataset_name,
    pairs.run_id,
    pairs.previous_run_id,
    run.started_at as run_started_at,
    pairs.record_id,
    pairs.metric_id,
    catalog.metric_name,
    if(pairs.outcome_after = 'fail', 'regression', 'fix') as flip,
    pairs.score_before,
    pairs.score_after,
    pairs.score_after - pairs.score_before as score_change,
    pairs.threshold_before,
    pairs.threshold_after,
    case
        when pairs.is_threshold_changed then 'threshold changed'
        when pairs.is_answer_changed then 'answer changed'
        when pairs.is_question_changed then 'question or reference changed'
        when pairs.is_model_changed then 'scoring model changed'
        when pairs.is_answer_changed is null or pairs.is_question_changed is null then 'unknown'
        else 'content unchanged'
    end as likely_cause,
    pairs.previous_evaluation_id,
    pairs.evaluation_id
from cell_pairs as pairs
inner join marts.run_scorecard as run
    on pairs.dataset_id = run.dataset_id and pairs.run_id = run.run_id
inner join marts.metric_catalog as catalog on pairs.metric_id = catalog.metric_id
where
    (pairs.outcome_before = 'pass' and pairs.outcome_after = 'fail')
    or (pairs.outcome_before = 'fail' and pairs.outcome_after = 'pass');
