-- Keys that two open versions share: a dataset, record, run, evaluation or evaluated run that is there twice.
-- blocks: yes
select
    'datasets' as table_name,
    id as dataset_id,
    id,
    count(*) as open_versions
from history.datasets
where _valid_to is null and id in (select scope.dataset_id from scope)
group by id
having count(*) > 1
union all
select
    'records' as table_name,
    dataset_id,
    id,
    count(*) as open_versions
from history.records
where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
group by dataset_id, id
having count(*) > 1
union all
select
    'runs' as table_name,
    dataset_id,
    id,
    count(*) as open_versions
from history.runs
where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
group by dataset_id, id
having count(*) > 1
union all
select
    'evaluations' as table_name,
    dataset_id,
    id,
    count(*) as open_versions
from history.evaluations
where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
group by dataset_id, id
having count(*) > 1
union all
select
    'evaluated_runs' as table_name,
    dataset_id,
    run_id as id,
    count(*) as open_versions
from history.evaluated_runs
where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
group by dataset_id, run_id
having count(*) > 1;
