-- Datasets whose newest payload shows the evaluations of more than one run: is_latest is true for all of them.
-- blocks: no
select
    dataset_id,
    count(*) as evaluated_runs
from history.evaluated_runs
where _valid_to is null and dataset_id in (select scope.dataset_id from scope)
group by dataset_id
having count(*) > 1;
