-- Records, runs and evaluations whose id is open in two datasets at once.
-- blocks: no
select
    'records' as table_name,
    own.dataset_id,
    own.id,
    other.dataset_id as other_dataset_id
from history.records as own
inner join history.records as other on own.id = other.id
where
    own._valid_to is null
    and other._valid_to is null
    and own.dataset_id <> other.dataset_id
    and own.dataset_id in (select scope.dataset_id from scope)
union all
select
    'runs' as table_name,
    own.dataset_id,
    own.id,
    other.dataset_id as other_dataset_id
from history.runs as own
inner join history.runs as other on own.id = other.id
where
    own._valid_to is null
    and other._valid_to is null
    and own.dataset_id <> other.dataset_id
    and own.dataset_id in (select scope.dataset_id from scope)
union all
select
    'evaluations' as table_name,
    own.dataset_id,
    own.id,
    other.dataset_id as other_dataset_id
from history.evaluations as own
inner join history.evaluations as other on own.id = other.id
where
    own._valid_to is null
    and other._valid_to is null
    and own.dataset_id <> other.dataset_id
    and own.dataset_id in (select scope.dataset_id from scope);
