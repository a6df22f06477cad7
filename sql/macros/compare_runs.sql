-- Compares any two runs, metric by metric, over the records that both have scored; what run_comparisons does
-- for each captured run and the one before. Question or reference changed: the pair is left out and counted.
create or replace macro marts.compare_runs(baseline, candidate) as table
with pairs as (
    select
        after_cell.metric_id,
        before_cell.score as score_before,
        after_cell.score as score_after,
        after_cell.score - before_cell.score as change,
        before_cell.outcome as outcome_before,
        after_cell.outcome as outcome_after,
        before_cell.threshold is distinct from after_cell.threshold as is_threshold_changed,
        before_cell.model_slug is distinct from after_cell.model_slug as is_model_changed,
        coalesce(before_cell.question_hash <> after_cell.question_hash, false) as is_excluded
    from marts.evaluation_outcomes as after_cell
    inner join marts.evaluation_outcomes as before_cell
        on
            after_cell.dataset_id = before_cell.dataset_id
            and after_cell.record_id = before_cell.record_id
            and after_cell.metric_id = before_cell.metric_id
    where
        before_cell.run_id = baseline
        and after_cell.run_id = candidate
        and before_cell.score is not null
        and after_cell.score is not null
),

compared as (
    select
        metric_id,
        count(*) filter (where not is_excluded) as n_pairs,
        count(*) filter (where is_excluded) as pairs_excluded,
        avg(score_before) filter (where not is_excluded) as mean_before,
        avg(score_after) filter (where not is_excluded) as mean_after,
        avg(change) filter (where not is_excluded) as mean_change,
        stddev_samp(change) filter (where not is_excluded) as sd_change,
        min(change) filter (where not is_excluded) as least_change,
        max(change) filter (where not is_excluded) as most_change,
        count(*) filter (
            where not is_excluded and outcome_before = 'pass' and outcome_after = 'fail'
        ) as regressions,
        count(*) filter (
            where not is_excluded and outcome_before = 'fail' and outcome_after = 'pass'
        ) as fixes,
        bool_or(is_threshold_changed) as threshold_changed,
        coalesce(bool_or(is_model_changed) filter (where not is_excluded), false) as model_changed
    from pairs
    group by metric_id
),

tested as (
    select
        *,
        sd_change / sqrt(n_pairs) as standard_error,
        case when n_pairs >= 5 then marts.student_t_quantile(0.975, n_pairs - 1) end as t_975,
        marts.paired_p_value(n_pairs, mean_change, sd_change, least_change, most_change) as p_value,
        marts.sign_test(regressions, fixes) as flip_p_value
    from compared
),

stepped as (
    select
        *,
        marts.benjamini_hochberg_step(p_value, true) as step
    from tested
),

decided as (
    select
        *,
        marts.benjamini_hochberg(p_value, step, true) as q_value
    from stepped
)

select
    decided.metric_id,
    catalog.metric_name,
    decided.n_pairs,
    decided.pairs_excluded,
    decided.mean_before,
    decided.mean_after,
    decided.mean_change,
    decided.regressions,
    decided.fixes,
    decided.threshold_changed,
    decided.model_changed,
    decided.standard_error,
    decided.mean_change - decided.t_975 * decided.standard_error as change_low,
    decided.mean_change + decided.t_975 * decided.standard_error as change_high,
    decided.p_value,
    decided.flip_p_value,
    2.80 * decided.standard_error as detectable_change,
    decided.q_value,
    marts.verdict(decided.n_pairs, decided.q_value, decided.mean_change) as verdict
from decided
inner join marts.metric_catalog as catalog on decided.metric_id = catalog.metric_id;
