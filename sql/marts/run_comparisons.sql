-- One row per captured run and metric: the paired comparison with the captured run before it. All comparisons of
-- one night are tested together, so those of datasets that are not refreshed are taken over and tested again.
-- refresh: whole
with compared as (
    select
        dataset_id,
        run_id,
        previous_run_id,
        metric_id,
        count(*) filter (where is_question_changed is not true) as n_pairs,
        count(*) filter (where is_question_changed) as pairs_excluded,
        avg(score_before) filter (where is_question_changed is not true) as mean_before,
        avg(score_after) filter (where is_question_changed is not true) as mean_after,
        avg(score_after - score_before) filter (where is_question_changed is not true) as mean_change,
        stddev_samp(score_after - score_before) filter (where is_question_changed is not true)
            as sd_change,
        min(score_after - score_before) filter (where is_question_changed is not true)
            as least_change,
        max(score_after - score_before) filter (where is_question_changed is not true)
            as most_change,
        count(*) filter (
            where is_question_changed is not true and outcome_before = 'pass' and outcome_after = 'fail'
        ) as regressions,
        count(*) filter (
            where is_question_changed is not true and outcome_before = 'fail' and outcome_after = 'pass'
        ) as fixes,
        coalesce(bool_or(is_threshold_changed), false) as threshold_changed,
        coalesce(bool_or(is_model_changed) filter (where is_question_changed is not true), false)
            as model_changed
    from cell_pairs
    where score_before is not null and score_after is not null
    group by dataset_id, run_id, previous_run_id, metric_id
),

quantiles as (
    select
        n_pairs,
        marts.student_t_quantile(0.975, n_pairs - 1) as t_975
    from (
        select distinct n_pairs
        from compared
        where n_pairs >= 5
    )
),

tested as (
    select
        compared.*,
        compared.sd_change / sqrt(compared.n_pairs) as standard_error,
        quantiles.t_975 * compared.sd_change / sqrt(compared.n_pairs) as half_width,
        marts.paired_p_value(
            compared.n_pairs,
            compared.mean_change,
            compared.sd_change,
            compared.least_change,
            compared.most_change
        ) as p_value,
        marts.sign_test(compared.regressions, compared.fixes) as flip_p_value
    from compared
    left join quantiles on compared.n_pairs = quantiles.n_pairs
),

comparisons as (
    select
        dataset_id,
        run_id,
        previous_run_id,
        metric_id,
        n_pairs,
        pairs_excluded,
        mean_before,
        mean_after,
        mean_change,
        regressions,
        fixes,
        threshold_changed,
        model_changed,
        standard_error,
        mean_change - half_width as change_low,
        mean_change + half_width as change_high,
        p_value,
        flip_p_value
    from tested
    union all
    select
        dataset_id,
        run_id,
        previous_run_id,
        metric_id,
        n_pairs,
        pairs_excluded,
        mean_before,
        mean_after,
        mean_change,
        regressions,
        fixes,
        threshold_changed,
        model_changed,
        standard_error,
        change_low,
        change_high,
        p_value,
        flip_p_value
    from kept_comparisons
),

dated as (
    select
        comparisons.*,
        run.dataset_name,
        run.started_at as run_started_at,
        run.finished_at as run_finished_at,
        run.captured_recency,
        first_sync.sync_id as first_sync_id,
        count(comparisons.p_value) over (partition by first_sync.sync_id) as tests_that_night,
        marts.benjamini_hochberg_step(comparisons.p_value, first_sync.sync_id) as step
    from comparisons
    inner join marts.run_scorecard as run
        on comparisons.dataset_id = run.dataset_id and comparisons.run_id = run.run_id
    asof left join meta.syncs as first_sync on run.finished_at < first_sync.started_at
),

decided as (
    select
        *,
        marts.benjamini_hochberg(p_value, step, first_sync_id) as q_value
    from dated
)

select
    decided.dataset_id,
    decided.dataset_name,
    decided.run_id,
    decided.previous_run_id,
    decided.run_started_at,
    decided.run_finished_at,
    decided.captured_recency,
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
    decided.change_low,
    decided.change_high,
    decided.p_value,
    decided.flip_p_value,
    2.80 * decided.standard_error as detectable_change,
    decided.first_sync_id,
    decided.tests_that_night,
    decided.q_value,
    marts.verdict(decided.n_pairs, decided.q_value, decided.mean_change) as verdict
from decided
inner join marts.metric_catalog as catalog on decided.metric_id = catalog.metric_id;
