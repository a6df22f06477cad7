-- Which records always fail, and which flip although nobody edited them? The first need a better answer or a
-- fairer reference; the second a steadier judge.
-- param rows integer 15: how many to show of each
select
    label,
    dataset_name,
    record_id,
    metric_name,
    runs,
    passed,
    failed,
    flips_without_edit,
    round(mean_score, 1) as mean_score,
    round(sd_score, 1) as sd_score,
    latest_outcome
from marts.record_stability
where label in ('always fails', 'flaky')
qualify row_number() over (
    partition by label
    order by flips_without_edit desc, failed desc, mean_score, dataset_id, record_id, metric_id
) <= $rows
order by label, flips_without_edit desc, failed desc, mean_score, dataset_id, record_id, metric_id;
