-- The evaluations as they are now, those of superseded runs included: the open versions of
-- evaluations_history. is_latest: the newest payload of the dataset shows the evaluation's run.
create or replace view evaluations as
select
    evaluation.id,
    evaluation.user_id,
    evaluation.run_id,
    evaluation.record_id,
    evaluation.metric_id,
    evaluation.dataset_id,
    evaluation.result,
    evaluation.threshold,
    evaluation.is_gte_threshold,
    evaluation.is_success,
    evaluation.explanation,
    evaluation.model_slug,
    evaluation.credits_consumed,
    evaluation.input_tokens,
    evaluation.output_tokens,
    evaluation.evaluation_cost,
    evaluation.eval_metadata,
    evaluation.started_at,
    evaluation.finished_at,
    evaluation.created_at,
    evaluation.updated_at,
    shown.run_id is not null as is_latest,
    evaluation._extra
from evaluations_history as evaluation
left join (
    select
        dataset_id,
        run_id
    from evaluated_runs_history
    where _valid_to is null
) as shown
    on evaluation.dataset_id = shown.dataset_id and evaluation.run_id = shown.run_id
where evaluation._valid_to is null;
