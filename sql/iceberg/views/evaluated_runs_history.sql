-- Every version of evaluated runs ever seen, as of the newest sync that is published whole.
create or replace view evaluated_runs_history as
select
    opened.dataset_id,
    opened.run_id,
    opened._valid_from,
    closed._valid_to,
    opened._sync_id
from evaluated_runs_events as opened
left join (
    select
        dataset_id,
        run_id,
        _valid_from,
        _valid_to
    from evaluated_runs_events
    where _event = 'closed' and _sync_id <= (select max(sync_id) from syncs)
) as closed
    on opened.dataset_id = closed.dataset_id
    and opened.run_id = closed.run_id
    and opened._valid_from = closed._valid_from
where opened._event = 'opened' and opened._sync_id <= (select max(sync_id) from syncs);
