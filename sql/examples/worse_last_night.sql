-- What got clearly worse last night? Metrics of runs whose mean score fell, tested over the same records as in
-- the run before and corrected for all comparisons of the night.
-- param hours integer 24: how long before the newest sync the night began
select
    comparisons.dataset_name,
    comparisons.metric_name,
    comparisons.run_id,
    comparisons.n_pairs as pairs,
    round(comparisons.mean_before, 1) as before,
    round(comparisons.mean_after, 1) as after,
    round(comparisons.mean_change, 1) as change,
    round(comparisons.change_low, 1) as change_low,
    round(comparisons.change_high, 1) as change_high,
    comparisons.regressions,
    comparisons.fixes,
    round(comparisons.q_value, 4) as q_value
from marts.run_comparisons as comparisons
inner join meta.syncs on comparisons.first_sync_id = syncs.sync_id
where
    comparisons.verdict = 'worse'
    and syncs.started_at > (
        select max(newest.started_at) - to_hours($hours)
        from meta.syncs as newest
    )
order by comparisons.mean_change, comparisons.run_id, comparisons.metric_id;
