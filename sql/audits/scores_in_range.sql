-- Runs and evaluations with a result or threshold outside 0 to 100.
-- blocks: no
select
    'runs' as table_name,
    dataset_id,
    id,
    result,
    threshold
from history.runs
where
    _valid_to is null
    and dataset_id in (select scope.dataset_id from scope)
    and (result not between 0 and 100 or threshold not between 0 and 100)
union all
select
    'evaluations' as table_name,
    dataset_id,
    id,
    result,
    threshold
from history.evaluations
where
    _valid_to is null
    and dataset_id in (select scope.dataset_id from scope)
    and (result not between 0 and 100 or threshold not between 0 and 100);
