-- The datasets that exist, by name: those that can be chosen.
select
    dataset_id as id,
    dataset_name as name
from marts.dataset_health
order by lower(dataset_name), dataset_id;
