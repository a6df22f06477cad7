-- The nights: every full sync, and the newest sync whatever its kind. A night reports on what came since the full
-- sync before it; nights_ago 0 is the newest.
create or replace temp view nights as
select
    sync_id,
    started_at,
    lag(started_at) over (order by sync_id) as since,
    row_number() over (order by sync_id desc) - 1 as nights_ago
from meta.syncs
where kind = 'full' or sync_id = (select max(newest.sync_id) from meta.syncs as newest);
