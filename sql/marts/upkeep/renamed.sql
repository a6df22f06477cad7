-- Metrics whose name differs from the one in the rows of marts that were made before.
create or replace temp table renamed as
select
    now.metric_id,
    now.metric_name
from marts.metric_catalog as now
inner join names_before on now.metric_id = names_before.metric_id
where now.metric_name is distinct from names_before.metric_name;
