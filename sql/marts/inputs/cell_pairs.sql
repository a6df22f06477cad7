-- Cells of a captured run and of the captured run before it: the same record and metric. Whether question or
-- answer changed between them is null where either was never seen.
create or replace temp view cell_pairs as
select
    after_cell.dataset_id,
    after_cell.run_id,
    before_cell.run_id as previous_run_id,
    after_cell.record_id,
    after_cell.metric_id,
    before_cell.evaluation_id as previous_evaluation_id,
    after_cell.evaluation_id,
    before_cell.outcome as outcome_before,
    after_cell.outcome as outcome_after,
    before_cell.score as score_before,
    after_cell.score as score_after,
    before_cell.threshold as threshold_before,
    after_cell.threshold as threshold_after,
    before_cell.threshold is distinct from after_cell.threshold as is_threshold_changed,
    before_cell.model_slug is distinct from after_cell.model_slug as is_model_changed,
    before_cell.question_hash <> after_cell.question_hash as is_question_changed,
    before_cell.output_hash <> after_cell.output_hash as is_answer_changed
from marts.run_scorecard as run
inner join marts.evaluation_outcomes as after_cell
    on run.dataset_id = after_cell.dataset_id and run.run_id = after_cell.run_id
inner join marts.evaluation_outcomes as before_cell
    on
        run.dataset_id = before_cell.dataset_id
        and run.previous_captured_run_id = before_cell.run_id
        and after_cell.record_id = before_cell.record_id
        and after_cell.metric_id = before_cell.metric_id
where
    run.dataset_id in (select refreshed.dataset_id from refreshed)
    and after_cell.dataset_id in (select refreshed.dataset_id from refreshed)
    and before_cell.dataset_id in (select refreshed.dataset_id from refreshed);
