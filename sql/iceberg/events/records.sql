-- What the syncs after one, up to another, did to records: the versions that they opened, whole, and those
-- that they closed, by key and times. _sync_id is the sync that did it.
select
    'opened' as _event,
    * exclude (_valid_to),
    null::timestamptz as _valid_to
from history.records
where _sync_id > $after and _sync_id <= $until
union all by name
select
    'closed' as _event,
    version.dataset_id,
    version.id,
    version._valid_from,
    version._valid_to,
    closing.sync_id as _sync_id
from history.records as version
inner join meta.syncs as closing on version._valid_to = closing.started_at
where closing.sync_id > $after and closing.sync_id <= $until;
