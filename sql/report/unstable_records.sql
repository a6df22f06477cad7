-- Existing records that always fail, and those that flip without an edit: of each $rows, the datasets taking turns with
-- their worst, and how many there are.
with unstable as (
    select
        stability.*,
        left(records.prompt, 300) as prompt,
        count(*) over (partition by stability.label) as of_label,
        row_number() over (
            partition by stability.label, stability.dataset_id
            order by
                stability.flips_without_edit desc,
                stability.failed desc,
                stability.mean_score,
                stability.record_id,
                stability.metric_id
        ) as turn
    from marts.record_stability as stability
    inner join main.records
        on stability.dataset_id = records.dataset_id and stability.record_id = records.id
    where stability.label in ('always fails', 'flaky')
)

select
    label,
    of_label,
    dataset_id,
    dataset_name,
    record_id,
    prompt,
    metric_name,
    runs,
    passed,
    failed,
    flips_without_edit,
    mean_score,
    sd_score
from unstable
qualify
    row_number() over (
        partition by label
        order by turn, flips_without_edit desc, failed desc, mean_score, dataset_id
    ) <= $rows
order by label, flips_without_edit desc, failed desc, mean_score, dataset_id, record_id, metric_id;
