-- Every version of runs ever seen, as of the newest sync that is published whole.
create or replace view runs_history as
select
    opened.id,
    opened.user_id,
    opened.user_email,
    opened.author_email,
    opened.run_type_id,
    opened.run_type_name,
    opened.run_type_label,
    opened.run_type_description,
    opened.run_source_id,
    opened.run_source_name,
    opened.run_source_label,
    opened.run_source_description,
    opened.api_key_id,
    opened.dataset_id,
    opened.dataset,
    opened.data_collection_id,
    opened.org_id,
    opened.number_of_metrics,
    opened.result,
    opened.threshold,
    opened.is_gte_threshold,
    opened.model_slug,
    opened.alias,
    opened.aggregate_results,
    opened.started_at,
    opened.finished_at,
    opened.created_at,
    opened.updated_at,
    opened._extra,
    opened._valid_from,
    closed._valid_to,
    opened._sync_id
from runs_events as opened
left join (
    select
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from runs_events
    where _event = 'closed' and _sync_id <= (select max(sync_id) from syncs)
) as closed
    on opened.dataset_id = closed.dataset_id
    and opened.id = closed.id
    and opened._valid_from = closed._valid_from
where opened._event = 'opened' and opened._sync_id <= (select max(sync_id) from syncs);
