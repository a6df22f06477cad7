-- The datasets with a run since a given time.
select distinct dataset_id
from main.runs
where greatest(created_at, started_at) >= $since
order by dataset_id;
