-- Existing records that always fail, and those that flip without an edit: of each $rows, the datasets taking turns with
-- their worst, and how many there are.
with unstable as (
    select
        stability.*,
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
    semi join main.records
        on stability.dataset_id = records.dataset_id and stability.record_id = records.id
    where stability.label in ('always fails', 'flaky')
),

chosen as (
    select *
    from unstable
    qualify
        row_number() over (
            partition by label
            order by turn, flips_without_edit desc, failed desc, mean_score, dataset_id
        ) <= $rows
)

select
    chosen.label,
    chosen.of_label,
    chosen.dataset_id,
    chosen.dataset_name,
    chosen.record_id,
    left(records.prompt, 300) as prompt,
    chosen.metric_name,
    chosen.passed,
    chosen.failed,
    chosen.flips_without_edit,
    chosen.mean_score,
    chosen.sd_score
from chosen
inner join main.records on chosen.dataset_id = records.dataset_id and chosen.record_id = records.id
order by
    chosen.label,
    chosen.flips_without_edit desc,
    chosen.failed desc,
    chosen.mean_score,
    chosen.dataset_id,
    chosen.record_id,
    chosen.metric_id;
