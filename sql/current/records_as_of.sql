-- The records as the warehouse knew them at an instant.
create or replace macro main.records_as_of(ts) as table
select * exclude (_valid_from, _valid_to, _sync_id)
from history.records
where _valid_from <= main.as_utc(ts) and (_valid_to is null or _valid_to > main.as_utc(ts));
