-- The records as they are now: the open versions of history.records.
create or replace view main.records as
select * exclude (_valid_from, _valid_to, _sync_id)
from history.records
where _valid_to is null;
