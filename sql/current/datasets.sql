-- The datasets as they are now: the open versions of history.datasets.
create or replace view main.datasets as
select * exclude (_valid_from, _valid_to, _sync_id)
from history.datasets
where _valid_to is null;
