-- Every version of datasets ever seen, as of the newest sync that is published whole.
create or replace view datasets_history as
select
    opened.id,
    opened.name,
    opened.user_id,
    opened.user_email,
    opened.author_email,
    opened.dataset_type_id,
    opened.dataset_type_name,
    opened.dataset_type_label,
    opened.dataset_type_description,
    opened.structure,
    opened.selected_metrics,
    opened.column_mappings,
    opened.data_collection_id,
    opened.org_id,
    opened.is_shared,
    opened.created_at,
    opened.updated_at,
    opened._extra,
    opened._valid_from,
    closed._valid_to,
    opened._sync_id
from datasets_events as opened
left join (
    select
        id,
        _valid_from,
        _valid_to
    from datasets_events
    where _event = 'closed' and _sync_id <= (select max(sync_id) from syncs)
) as closed
    on opened.id = closed.id
    and opened._valid_from = closed._valid_from
where opened._event = 'opened' and opened._sync_id <= (select max(sync_id) from syncs);
