-- How many comparisons tonight's captured runs brought, what became of them, and how small a change they could show.
select
    count(*) as comparisons,
    count(distinct {'dataset': comparisons.dataset_id, 'run': comparisons.run_id}) as runs,
    count(*) filter (where comparisons.verdict = 'worse') as worse,
    count(distinct comparisons.dataset_id) filter (where comparisons.verdict = 'worse') as datasets_worse,
    count(*) filter (where comparisons.verdict = 'better') as better,
    count(*) filter (where comparisons.verdict = 'no clear change') as unclear,
    count(*) filter (where comparisons.verdict = 'too few pairs') as too_few,
    count(*) filter (where comparisons.threshold_changed) as threshold_changed,
    count(*) filter (where comparisons.model_changed) as model_changed,
    coalesce(sum(comparisons.pairs_excluded), 0)::bigint as pairs_excluded,
    median(comparisons.detectable_change) as detectable_change
from marts.run_comparisons as comparisons
inner join captured_runs
    on comparisons.dataset_id = captured_runs.dataset_id and comparisons.run_id = captured_runs.run_id
where captured_runs.nights_ago = 0;
