-- The datasets of which records or runs were edited or deleted tonight, or that were themselves; most changes first.
select
    changes.dataset_id,
    any_value(changes.dataset_name) as dataset_name,
    coalesce(sum(changes.n) filter (where changes.entity = 'record' and changes.change = 'added'), 0)::bigint
        as records_added,
    coalesce(sum(changes.n) filter (where changes.entity = 'record' and changes.change = 'edited'), 0)::bigint
        as records_edited,
    coalesce(sum(changes.n) filter (where changes.entity = 'record' and changes.change = 'deleted'), 0)::bigint
        as records_deleted,
    coalesce(sum(changes.n) filter (where changes.entity = 'run' and changes.change = 'edited'), 0)::bigint
        as runs_edited,
    coalesce(sum(changes.n) filter (where changes.entity = 'run' and changes.change = 'deleted'), 0)::bigint
        as runs_deleted,
    coalesce(
        list(changes.change order by changes.change) filter (
            where changes.entity = 'dataset' and changes.change <> 'fetch failed'
        ), []
    ) as dataset_changes,
    count(*) over () as datasets
from marts.nightly_changes as changes
inner join nights
    on
        changes.sync_started_at <= nights.started_at
        and changes.sync_started_at > coalesce(nights.since, '-infinity')
where
    nights.nights_ago = 0
    and not changes.is_first_sync
    and (
        changes.entity = 'record'
        or (changes.entity = 'run' and changes.change in ('edited', 'deleted'))
        or (changes.entity = 'dataset' and changes.change <> 'fetch failed')
    )
group by changes.dataset_id
order by sum(changes.n) desc, changes.dataset_id
limit $rows;
