-- The mean score and pass rate of each metric in each run: counted for the refreshed datasets, as counted
-- before for the others.
create or replace temp view run_metric_means as
select
    dataset_id,
    run_id,
    metric_id,
    avg(score) as mean_score,
    count(*) filter (where outcome = 'pass')
    / nullif(count(*) filter (where outcome in ('pass', 'fail')), 0) as pass_rate
from cells
group by dataset_id, run_id, metric_id
union all
select
    dataset_id,
    run_id,
    metric_id,
    mean_score,
    pass_rate
from kept_scores;
