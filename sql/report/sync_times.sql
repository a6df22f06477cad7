-- When the full syncs of the last 37 days started.
select started_at
from meta.syncs
where
    kind = 'full'
    and started_at >= (select max(newest.started_at) - interval 37 days from meta.syncs as newest)
order by started_at;
