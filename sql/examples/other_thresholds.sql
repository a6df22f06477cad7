-- What would the pass rate be at other thresholds? Over each dataset's newest captured run.
-- param dataset integer null: one dataset; null is all together
with scores as (
    select
        outcomes.metric_name,
        outcomes.score,
        outcomes.outcome
    from marts.run_scorecard as run
    inner join marts.evaluation_outcomes as outcomes
        on run.dataset_id = outcomes.dataset_id and run.run_id = outcomes.run_id
    where
        run.captured_recency = 1
        and outcomes.score is not null
        and ($dataset is null or run.dataset_id = $dataset)
)

select
    metric_name,
    count(*) as scored,
    round(avg((outcome = 'pass')::integer) filter (where outcome in ('pass', 'fail')), 3) as pass_rate_now,
    round(avg((score >= 50)::integer), 3) as at_50,
    round(avg((score >= 60)::integer), 3) as at_60,
    round(avg((score >= 70)::integer), 3) as at_70,
    round(avg((score >= 75)::integer), 3) as at_75,
    round(avg((score >= 80)::integer), 3) as at_80,
    round(avg((score >= 85)::integer), 3) as at_85,
    round(avg((score >= 90)::integer), 3) as at_90,
    round(avg((score >= 95)::integer), 3) as at_95
from scores
group by metric_name
order by metric_name;
