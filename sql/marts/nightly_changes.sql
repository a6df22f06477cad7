-- One row per sync, dataset, entity and kind of change: how many rows were added, edited, deleted or returned,
-- how many runs turned out to be missed, and whether the fetch failed.
-- refresh: by dataset
with versions as (
    select
        'dataset' as entity,
        id as dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.datasets
    union all
    select
        'record' as entity,
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.records
    union all
    select
        'run' as entity,
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.runs
    union all
    select
        'evaluation' as entity,
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.evaluations
),

refreshed_versions as (
    select *
    from versions
    where dataset_id in (select refreshed.dataset_id from refreshed)
),

closed_once as (
    select distinct
        entity,
        dataset_id,
        id
    from refreshed_versions
    where _valid_to is not null
),

linked as (
    select
        versions.*,
        lag(versions._valid_to) over of_one_row as previous_valid_to,
        lead(versions._valid_from) over of_one_row as next_valid_from
    from refreshed_versions as versions
    semi join closed_once
        on
            versions.entity = closed_once.entity
            and versions.dataset_id = closed_once.dataset_id
            and versions.id = closed_once.id
    window of_one_row as (
        partition by versions.entity, versions.dataset_id, versions.id order by versions._valid_from
    )
),

changes as (
    select
        versions.entity,
        'added' as change,
        versions.dataset_id,
        versions._valid_from as changed_at,
        count(*) as n
    from refreshed_versions as versions
    anti join closed_once
        on
            versions.entity = closed_once.entity
            and versions.dataset_id = closed_once.dataset_id
            and versions.id = closed_once.id
    group by all
    union all
    select
        entity,
        case
            when previous_valid_to is null then 'added'
            when previous_valid_to = _valid_from then 'edited'
            else 'returned'
        end as change,
        dataset_id,
        _valid_from as changed_at,
        count(*) as n
    from linked
    group by all
    union all
    select
        entity,
        'deleted' as change,
        dataset_id,
        _valid_to as changed_at,
        count(*) as n
    from linked
    where _valid_to is not null and _valid_to is distinct from next_valid_from
    group by all
    union all
    select
        'run' as entity,
        'missed' as change,
        dataset_id,
        lost_at as changed_at,
        count(*) as n
    from run_captures
    where
        lost_at is not null
        and dataset_id in (select refreshed.dataset_id from refreshed)
    group by all
    union all
    select distinct
        'dataset' as entity,
        'fetch failed' as change,
        errors.dataset_id,
        syncs.started_at as changed_at,
        1 as n
    from meta.sync_errors as errors
    inner join meta.syncs on errors.sync_id = syncs.sync_id
    where errors.dataset_id in (select refreshed.dataset_id from refreshed)
)

select
    syncs.sync_id,
    syncs.started_at as sync_started_at,
    syncs.sync_id = (select min(earliest.sync_id) from meta.syncs as earliest) as is_first_sync,
    changes.dataset_id,
    dataset_names.dataset_name,
    changes.entity,
    changes.change,
    sum(changes.n)::bigint as n
from changes
inner join meta.syncs on changes.changed_at = syncs.started_at
left join dataset_names on changes.dataset_id = dataset_names.dataset_id
group by all;
