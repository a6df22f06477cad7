-- The metrics as metric_names.csv should list them for a person to edit: suggestions carry their mark.
select
    metric_id,
    if(name_source = 'unnamed', null, metric_name) as name,
    family,
    kind
from marts.metric_catalog
order by metric_id;
