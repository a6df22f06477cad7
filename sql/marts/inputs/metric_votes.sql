-- How often a key of aggregate_results and a metric agree: one vote per run in which a value under the key
-- equals the metric's mean or pass rate, 0 to 100 or 0 to 1, in all the decimals that it has.
create or replace temp table metric_votes as
with runs_now as (
    select
        dataset_id,
        id as run_id,
        aggregate_results
    from history.runs
    where _valid_to is null and json_type(aggregate_results) = 'OBJECT'
),

members as (
    select
        runs_now.dataset_id,
        runs_now.run_id,
        member.key as metric_key,
        member.value,
        member.type
    from runs_now, json_each(runs_now.aggregate_results) as member
),

numbers as (
    select
        dataset_id,
        run_id,
        metric_key,
        value::varchar as digits
    from members
    where type in ('DOUBLE', 'BIGINT', 'UBIGINT')
    union all
    select
        members.dataset_id,
        members.run_id,
        members.metric_key,
        nested.value::varchar as digits
    from members, json_each(members.value) as nested
    where members.type = 'OBJECT' and nested.type in ('DOUBLE', 'BIGINT', 'UBIGINT')
),

measured as (
    select
        dataset_id,
        run_id,
        metric_key,
        try_cast(digits as double) as measure,
        greatest(
            1e-6,
            if(
                regexp_full_match(digits, '-?[0-9]+[.][0-9]+'),
                0.5 * power(10, -len(split_part(digits, '.', 2))) + 1e-9,
                0
            )
        ) as tolerance
    from numbers
),

compared as (
    select
        measured.dataset_id,
        measured.run_id,
        measured.metric_key,
        run_metric_means.metric_id,
        bool_or(
            abs(measured.measure - run_metric_means.mean_score) <= measured.tolerance
            or abs(measured.measure - run_metric_means.mean_score / 100) <= measured.tolerance
            or abs(measured.measure - run_metric_means.pass_rate) <= measured.tolerance
            or abs(measured.measure - run_metric_means.pass_rate * 100) <= measured.tolerance
        ) as agrees
    from measured
    inner join run_metric_means
        on
            measured.dataset_id = run_metric_means.dataset_id
            and measured.run_id = run_metric_means.run_id
    where run_metric_means.mean_score is not null
    group by measured.dataset_id, measured.run_id, measured.metric_key, run_metric_means.metric_id
)

select
    metric_id,
    metric_key,
    count(*) filter (where agrees) as hits,
    count(*) as runs
from compared
group by metric_id, metric_key;
