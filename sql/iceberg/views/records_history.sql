-- Every version of records ever seen, as of the newest sync that is published whole.
create or replace view records_history as
select
    opened.id,
    opened.user_id,
    opened.dataset_id,
    opened.prompt,
    opened.input,
    opened.input_type,
    opened.context,
    opened.context_type,
    opened.output,
    opened.output_type,
    opened.golden_answer,
    opened.golden_answer_type,
    opened.created_at,
    opened.updated_at,
    opened._extra,
    opened._valid_from,
    closed._valid_to,
    opened._sync_id
from records_events as opened
left join (
    select
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from records_events
    where _event = 'closed' and _sync_id <= (select max(sync_id) from syncs)
) as closed
    on opened.dataset_id = closed.dataset_id
    and opened.id = closed.id
    and opened._valid_from = closed._valid_from
where opened._event = 'opened' and opened._sync_id <= (select max(sync_id) from syncs);
