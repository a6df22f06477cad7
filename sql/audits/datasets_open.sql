-- Records, runs and evaluations that are open although their dataset is closed.
-- blocks: no
with children as (
    select
        'records' as table_name,
        dataset_id,
        id
    from history.records
    where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
    union all
    select
        'runs' as table_name,
        dataset_id,
        id
    from history.runs
    where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
    union all
    select
        'evaluations' as table_name,
        dataset_id,
        id
    from history.evaluations
    where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
)

select
    children.table_name,
    children.dataset_id,
    children.id
from children
anti join (
    select id
    from history.datasets
    where _valid_to is null
) as parent on children.dataset_id = parent.id;
