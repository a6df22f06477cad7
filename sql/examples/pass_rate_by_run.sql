-- Where did the newest run pass least, and how did the run before it do? Only this warehouse still knows the latter.
with rates as (
    select
        dataset_id,
        run_id,
        is_latest,
        max(started_at) as scored_at,
        100 * avg(is_gte_threshold::int) as pass_rate
    from evaluations
    where is_gte_threshold is not null
    group by all
),

before as (
    select
        dataset_id,
        arg_max(pass_rate, scored_at) as pass_rate
    from rates
    where not is_latest
    group by all
)

select
    datasets.name as dataset,
    round(newest.pass_rate, 1) as pass_rate,
    round(before.pass_rate, 1) as pass_rate_before,
    round(newest.pass_rate - before.pass_rate, 1) as change
from rates as newest
inner join before on newest.dataset_id = before.dataset_id
inner join datasets on newest.dataset_id = datasets.id
where newest.is_latest
order by change
limit 5;
