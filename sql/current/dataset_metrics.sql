-- The metrics selected for each dataset and their thresholds: selected_metrics, one row per metric. A key
-- that is no integer is left out, a threshold that is no number is null; of equal keys the last counts.
create or replace view main.dataset_metrics as
select
    id as dataset_id,
    try_cast(metric.key as bigint) as metric_id,
    last(
        case
            when
                json_type(metric.value) in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')
                and isfinite(try_cast(metric.value as double))
                then try_cast(metric.value as double)
        end
        order by metric.position
    ) as threshold
from (
    select
        id,
        unnest(
            list_zip(
                json_keys(selected_metrics),
                json_extract(selected_metrics, '$.*'),
                range(len(json_keys(selected_metrics)))
            )
        ) as pair
    from history.datasets
    where _valid_to is null
) as selected
cross join lateral (
    select
        selected.pair[1] as key,
        selected.pair[2] as value,
        selected.pair[3] as position
) as metric
where regexp_full_match(metric.key, '-?[0-9]+') and try_cast(metric.key as bigint) is not null
group by all;
