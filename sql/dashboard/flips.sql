-- The verdicts that differ between two runs of a dataset, regressions first, the largest $rows changes of score. The
-- likely cause is known of a run and the captured one before it.
select
    after_cell.record_id,
    after_cell.metric_name,
    case after_cell.outcome when 'fail' then 'regression' else 'fix' end as flip,
    flips.likely_cause,
    before_cell.score as score_before,
    after_cell.score as score_after,
    before_cell.threshold as threshold_before,
    after_cell.threshold as threshold_after,
    before_cell.evaluation_id as previous_evaluation_id,
    after_cell.evaluation_id,
    count(*) over () as flips
from marts.evaluation_outcomes as after_cell
inner join marts.evaluation_outcomes as before_cell
    on
        after_cell.dataset_id = before_cell.dataset_id
        and after_cell.record_id = before_cell.record_id
        and after_cell.metric_id = before_cell.metric_id
left join marts.outcome_flips as flips
    on
        after_cell.dataset_id = flips.dataset_id
        and after_cell.evaluation_id = flips.evaluation_id
        and before_cell.evaluation_id = flips.previous_evaluation_id
where
    after_cell.dataset_id = $dataset
    and after_cell.run_id = $candidate
    and before_cell.run_id = $baseline
    and (len($metrics) = 0 or list_contains($metrics, after_cell.metric_id))
    and (
        (before_cell.outcome = 'pass' and after_cell.outcome = 'fail')
        or (before_cell.outcome = 'fail' and after_cell.outcome = 'pass')
    )
order by
    after_cell.outcome,
    abs(after_cell.score - before_cell.score) desc nulls last,
    after_cell.evaluation_id
limit $rows;
