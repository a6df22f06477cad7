-- How sure is the change between two runs, without assuming anything of its distribution? Records are drawn again
-- with replacement, their metrics together; drawn by a hash, so that the answer is the same each time.
-- param candidate integer null: the run; null is the newest captured one that can be compared
-- param baseline integer null: the run to compare with; null is the dataset's captured run before
-- param replicates integer 2000: how many times the records are drawn
with chosen as (
    select
        dataset_id,
        run_id as candidate,
        coalesce($baseline, previous_captured_run_id) as baseline
    from marts.run_scorecard
    where case
        when $candidate is null
            then previous_captured_run_id is not null
        else run_id = $candidate
    end
    order by created_at desc, run_id desc
    limit 1
),

changes as (
    select
        after_cell.metric_name,
        after_cell.record_id,
        after_cell.score - before_cell.score as change
    from chosen
    inner join marts.evaluation_outcomes as after_cell
        on chosen.dataset_id = after_cell.dataset_id and chosen.candidate = after_cell.run_id
    inner join marts.evaluation_outcomes as before_cell
        on
            chosen.dataset_id = before_cell.dataset_id
            and chosen.baseline = before_cell.run_id
            and after_cell.record_id = before_cell.record_id
            and after_cell.metric_id = before_cell.metric_id
    where
        after_cell.score is not null
        and before_cell.score is not null
        and coalesce(after_cell.question_hash = before_cell.question_hash, true)
),

records as (
    select
        record_id,
        row_number() over (order by record_id) - 1 as place,
        count(*) over () as n
    from (select distinct record_id from changes)
),

draws as (
    select
        replicate.number as replicate,
        hash(replicate.number, records.place) % records.n as place
    from records
    cross join range($replicates::bigint) as replicate (number)
),

weights as (
    select
        draws.replicate,
        records.record_id,
        count(*) as weight
    from draws
    inner join records on draws.place = records.place
    group by draws.replicate, records.record_id
),

means as (
    select
        changes.metric_name,
        weights.replicate,
        sum(changes.change * weights.weight) / sum(weights.weight) as mean_change
    from changes
    inner join weights on changes.record_id = weights.record_id
    group by changes.metric_name, weights.replicate
),

observed as (
    select
        metric_name,
        count(*) as pairs,
        avg(change) as mean_change
    from changes
    group by metric_name
)

select
    chosen.baseline,
    chosen.candidate,
    observed.metric_name,
    observed.pairs,
    round(observed.mean_change, 2) as change,
    round(quantile_cont(means.mean_change, 0.025), 2) as change_low,
    round(quantile_cont(means.mean_change, 0.975), 2) as change_high,
    round(avg((means.mean_change < 0)::integer), 3) as share_of_draws_worse
from observed
inner join means on observed.metric_name = means.metric_name
cross join chosen
group by chosen.baseline, chosen.candidate, observed.metric_name, observed.pairs, observed.mean_change
order by observed.mean_change, observed.metric_name;
