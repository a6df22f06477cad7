-- The newest syncs, newest first.
select *
from meta.syncs
order by sync_id desc
limit $count;
