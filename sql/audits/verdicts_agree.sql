-- Runs and evaluations whose is_gte_threshold contradicts their result and threshold.
-- blocks: no
select
    'runs' as table_name,
    dataset_id,
    id,
    result,
    threshold,
    is_gte_threshold
from history.runs
where
    _valid_to is null
    and dataset_id in (select scope.dataset_id from scope)
    and is_gte_threshold <> (result >= threshold)
union all
select
    'evaluations' as table_name,
    dataset_id,
    id,
    result,
    threshold,
    is_gte_threshold
from history.evaluations
where
    _valid_to is null
    and dataset_id in (select scope.dataset_id from scope)
    and is_gte_threshold <> (result >= threshold);
