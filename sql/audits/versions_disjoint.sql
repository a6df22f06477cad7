-- Versions that end before they begin, or that begin before the version before them ended.
-- blocks: yes
with versions as (
    select
        'datasets' as table_name,
        id as dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.datasets
    where id in (select scope.dataset_id from scope)
    union all
    select
        'records' as table_name,
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.records
    where dataset_id in (select scope.dataset_id from scope)
    union all
    select
        'runs' as table_name,
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.runs
    where dataset_id in (select scope.dataset_id from scope)
    union all
    select
        'evaluations' as table_name,
        dataset_id,
        id,
        _valid_from,
        _valid_to
    from history.evaluations
    where dataset_id in (select scope.dataset_id from scope)
    union all
    select
        'evaluated_runs' as table_name,
        dataset_id,
        run_id as id,
        _valid_from,
        _valid_to
    from history.evaluated_runs
    where dataset_id in (select scope.dataset_id from scope)
),

closed as (
    select distinct
        table_name,
        dataset_id,
        id
    from versions
    where _valid_to is not null
),

followed as (
    select
        versions.*,
        lead(versions._valid_from) over (
            partition by versions.table_name, versions.dataset_id, versions.id
            order by versions._valid_from
        ) as next_valid_from
    from versions
    inner join closed
        on
            versions.table_name = closed.table_name
            and versions.dataset_id = closed.dataset_id
            and versions.id = closed.id
)

select
    table_name,
    dataset_id,
    id,
    _valid_from,
    _valid_to,
    next_valid_from
from followed
where _valid_to <= _valid_from or next_valid_from < coalesce(_valid_to, 'infinity'::timestamptz);
