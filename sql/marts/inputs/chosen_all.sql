-- The datasets whose rows the marts are refreshed for, when all of them are.
create or replace temp table chosen_datasets as
select id as dataset_id
from history.datasets
union
select dataset_id
from meta.sync_errors
where dataset_id is not null;
