-- Existing records that always fail, or that flip without an edit, as $label says: the worst $rows.
select
    coalesce(stability.dataset_name, 'dataset ' || stability.dataset_id) as dataset_name,
    stability.record_id,
    left(records.prompt, 300) as prompt,
    stability.metric_name,
    stability.passed,
    stability.failed,
    stability.flips_without_edit,
    stability.mean_score,
    stability.sd_score,
    stability.latest_outcome,
    stability.latest_score,
    count(*) over () as records
from marts.record_stability as stability
inner join main.records
    on stability.dataset_id = records.dataset_id and stability.record_id = records.id
where
    stability.label = $label
    and ($dataset is null or stability.dataset_id = $dataset)
    and (len($metrics) = 0 or list_contains($metrics, stability.metric_id))
order by
    stability.flips_without_edit desc,
    stability.failed desc,
    stability.mean_score,
    stability.dataset_id,
    stability.record_id,
    stability.metric_id
limit $rows;
