-- What the evaluations of each of the 30 whole UTC days before the newest sync cost, as the API reports it; days
-- before the first evaluation are left out, later ones without evaluations are not.
with newest as (
    select (max(started_at) at time zone 'UTC')::date as day
    from meta.syncs
),

spent as (
    select
        day,
        sum(evaluations)::bigint as evaluations,
        sum(evaluations_without_cost)::bigint as evaluations_without_cost,
        marts.exact_sum(cost) as cost
    from marts.cost_daily
    group by day
)

select
    days.day::date as day,
    coalesce(spent.evaluations, 0) as evaluations,
    coalesce(spent.evaluations_without_cost, 0) as evaluations_without_cost,
    spent.cost
from newest
cross join lateral (
    select unnest(generate_series(newest.day - 30, newest.day - 1, interval 1 day)) as day
) as days
left join spent on days.day::date = spent.day
where days.day::date >= (select min(earliest.day) from spent as earliest)
order by days.day;
