-- Every version of evaluations ever seen, as of the newest sync that is published whole.
create or replace view evaluations_history as
select
    opened.id,
    opened.user_id,
    opened.run_id,
    opened.record_id,
    opened.metric_id,
    opened.dataset_id,
    opened.result,
    opened.threshold,
    opened.is_gte_threshold,
    opened.is_success,
    opened.explanation,
    opened.model_slug,
    opened.credits_consumed,
    opened.input_tokens,
    opened.output_tokens,
    opened.evaluation_cost,
    opened.eval_metadata,
    opened.started_at,
    opened.finished_at,
    opened.created_at,
    opened.updated_at,
    opened._extra,
    opened._valid_from,
    closed._valid_to,
    opened._sync_id
from evaluations_events as opened
left join (
    select
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from evaluations_events
    where _event = 'closed' and _sync_id <= (select max(sync_id) from syncs)
) as closed
    on opened.dataset_id = closed.dataset_id
    and opened.id = closed.id
    and opened._valid_from = closed._valid_from
where opened._event = 'opened' and opened._sync_id <= (select max(sync_id) from syncs);
