-- The metrics that were ever scored, by name: those that can be chosen.
select
    metric_id as id,
    metric_name as name
from marts.metric_catalog
order by lower(metric_name), metric_id;
