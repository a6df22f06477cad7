-- How does this run compare with the one before, metric by metric? Over the records that both scored.
-- param candidate integer null: the run; null is the newest captured one that can be compared
-- param baseline integer null: the run to compare with; null is the dataset's captured run before
with chosen as (
    select
        run_id as candidate,
        coalesce($baseline, previous_captured_run_id) as baseline
    from marts.run_scorecard
    where case
        when $candidate is null
            then previous_captured_run_id is not null
        else run_id = $candidate
    end
    order by created_at desc, run_id desc
    limit 1
)

select
    chosen.baseline,
    chosen.candidate,
    compared.metric_name,
    compared.n_pairs as pairs,
    round(compared.mean_before, 1) as before,
    round(compared.mean_after, 1) as after,
    round(compared.mean_change, 2) as change,
    round(compared.change_low, 2) as change_low,
    round(compared.change_high, 2) as change_high,
    compared.regressions,
    compared.fixes,
    round(compared.q_value, 4) as q_value,
    compared.verdict
from chosen
cross join
    marts.compare_runs(
        (select chosen.baseline from chosen), (select chosen.candidate from chosen)
    ) as compared
order by compared.mean_change, compared.metric_id;
