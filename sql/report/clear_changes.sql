-- Tonight's clear changes, worst first: the largest falls and the largest gains, at most $rows of each, with the
-- causes of their flips.
with clear as (
    select comparisons.*
    from marts.run_comparisons as comparisons
    inner join captured_runs
        on comparisons.dataset_id = captured_runs.dataset_id and comparisons.run_id = captured_runs.run_id
    where captured_runs.nights_ago = 0 and comparisons.verdict in ('worse', 'better')
    qualify
        row_number() over (
            partition by comparisons.verdict
            order by abs(comparisons.mean_change) desc, comparisons.run_id, comparisons.metric_id
        ) <= $rows
),

causes as (
    select
        flips.dataset_id,
        flips.run_id,
        flips.metric_id,
        flips.likely_cause as cause,
        count(*) as flips
    from marts.outcome_flips as flips
    inner join clear
        on
            flips.dataset_id = clear.dataset_id
            and flips.run_id = clear.run_id
            and flips.metric_id = clear.metric_id
    group by flips.dataset_id, flips.run_id, flips.metric_id, flips.likely_cause
),

listed_causes as (
    select
        dataset_id,
        run_id,
        metric_id,
        list({'cause': cause, 'flips': flips} order by flips desc, cause) as causes
    from causes
    group by dataset_id, run_id, metric_id
)

select
    clear.dataset_id,
    clear.dataset_name,
    clear.run_id,
    clear.metric_name,
    clear.verdict,
    clear.n_pairs,
    clear.mean_before,
    clear.mean_after,
    clear.mean_change,
    clear.change_low,
    clear.change_high,
    clear.regressions,
    clear.fixes,
    clear.q_value,
    clear.threshold_changed,
    clear.model_changed,
    coalesce(listed_causes.causes, []) as causes
from clear
left join listed_causes
    on
        clear.dataset_id = listed_causes.dataset_id
        and clear.run_id = listed_causes.run_id
        and clear.metric_id = listed_causes.metric_id
order by clear.mean_change, clear.dataset_id, clear.run_id, clear.metric_id;
