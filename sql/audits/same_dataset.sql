-- Evaluations whose record or run is known, but only in another dataset. One whose run was never listed
-- (somebody else's) or whose record was left out is no offender.
-- blocks: no
with evaluation as (
    select
        dataset_id,
        id,
        record_id,
        run_id
    from history.evaluations
    where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
)

select
    'records' as table_name,
    evaluation.dataset_id,
    evaluation.id,
    evaluation.record_id as parent_id
from evaluation
anti join history.records as own
    on evaluation.dataset_id = own.dataset_id and evaluation.record_id = own.id
semi join history.records as other
    on evaluation.record_id = other.id
union all
select
    'runs' as table_name,
    evaluation.dataset_id,
    evaluation.id,
    evaluation.run_id as parent_id
from evaluation
anti join history.runs as own
    on evaluation.dataset_id = own.dataset_id and evaluation.run_id = own.id
semi join history.runs as other
    on evaluation.run_id = other.id;
