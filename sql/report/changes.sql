-- What changed tonight: how many datasets, records and runs were added, edited, deleted or returned.
select
    changes.entity,
    coalesce(sum(changes.n) filter (where changes.change = 'added'), 0)::bigint as added,
    coalesce(sum(changes.n) filter (where changes.change = 'edited'), 0)::bigint as edited,
    coalesce(sum(changes.n) filter (where changes.change = 'deleted'), 0)::bigint as deleted,
    coalesce(sum(changes.n) filter (where changes.change = 'returned'), 0)::bigint as returned
from marts.nightly_changes as changes
inner join nights
    on
        changes.sync_started_at <= nights.started_at
        and changes.sync_started_at > coalesce(nights.since, '-infinity')
where
    nights.nights_ago = 0
    and changes.entity in ('dataset', 'record', 'run')
    and changes.change in ('added', 'edited', 'deleted', 'returned')
group by changes.entity
order by changes.entity;
