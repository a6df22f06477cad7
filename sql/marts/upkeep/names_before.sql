-- The names of metrics that the marts made before carry.
create or replace temp table names_before as
select
    metric_id,
    metric_name
from marts.metric_catalog;
