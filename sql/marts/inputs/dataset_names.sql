-- The newest known name of every dataset ever seen, and whether it still exists.
create or replace temp view dataset_names as
select
    id as dataset_id,
    arg_max(name, _valid_from) as dataset_name,
    bool_or(_valid_to is null) as dataset_exists
from history.datasets
group by id;
