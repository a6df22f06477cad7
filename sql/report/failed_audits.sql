-- The audits that the newest sync did not pass; none of them kept it from being published.
select
    audit,
    left(detail, 2000) as detail
from meta.audits
where
    not passed
    and sync_id = (select max(newest.sync_id) from meta.syncs as newest)
order by audit;
