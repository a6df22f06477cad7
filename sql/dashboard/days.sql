-- The 30 whole UTC days before the newest sync, oldest first: verdicts of the runs that started then, cost of the
-- evaluations that started then, and what became of the runs created then.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

judged as (
    select
        day,
        sum(passed)::bigint as passed,
        sum(failed)::bigint as failed,
        sum(errors)::bigint as errors
    from marts.quality_daily
    where
        ($dataset is null or dataset_id = $dataset)
        and (len($metrics) = 0 or list_contains($metrics, metric_id))
    group by day
),

spent as (
    select
        day,
        sum(evaluations)::bigint as evaluations,
        sum(evaluations_without_cost)::bigint as evaluations_without_cost,
        marts.exact_sum(cost) as cost
    from marts.cost_daily
    where
        ($dataset is null or dataset_id = $dataset)
        and (len($metrics) = 0 or list_contains($metrics, metric_id))
    group by day
),

created as (
    select
        (created_at at time zone 'UTC')::date as day,
        count(*) filter (where capture = 'captured') as runs_captured,
        count(*) filter (where capture in ('missed', 'partly captured')) as runs_lost
    from marts.run_scorecard
    where $dataset is null or dataset_id = $dataset
    group by all
)

select
    days.day::date as day,
    coalesce(judged.passed, 0) as passed,
    coalesce(judged.failed, 0) as failed,
    coalesce(judged.errors, 0) as errors,
    coalesce(spent.evaluations, 0) as evaluations,
    coalesce(spent.evaluations_without_cost, 0) as evaluations_without_cost,
    spent.cost,
    coalesce(created.runs_captured, 0) as runs_captured,
    coalesce(created.runs_lost, 0) as runs_lost
from newest
cross join lateral (
    select unnest(generate_series(newest.day - 30, newest.day - 1, interval 1 day)) as day
) as days
left join judged on days.day::date = judged.day
left join spent on days.day::date = spent.day
left join created on days.day::date = created.day
order by days.day;
