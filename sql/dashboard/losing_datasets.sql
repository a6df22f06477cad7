-- The datasets that lost runs in the last 30 days, most losses first, and how often to look to catch 9 of 10 that can
-- be caught.
select
    dataset_id,
    coalesce(dataset_name, 'dataset ' || dataset_id) as dataset_name,
    runs_30d,
    captured_30d,
    partly_captured_30d,
    missed_30d,
    poll_minutes_for_90_percent
from marts.dataset_health
where
    missed_30d + partly_captured_30d > 0
    and ($dataset is null or dataset_id = $dataset)
order by missed_30d desc, partly_captured_30d desc, dataset_id;
