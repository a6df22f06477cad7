-- The runs as they are now: the open versions of history.runs.
create or replace view main.runs as
select * exclude (_valid_from, _valid_to, _sync_id)
from history.runs
where _valid_to is null;
