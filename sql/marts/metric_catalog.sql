-- The metrics that were ever evaluated, and their names: from metric_names.csv, or suggested where a key of
-- aggregate_results and the metric clearly mean the same. Clearly: each agrees most often with the other, in at
-- least 3 runs, half of those that have both, and three times as often as the runner-up.
-- refresh: whole
with ranked as (
    select
        *,
        row_number() over (partition by metric_id order by hits desc, metric_key) as metric_rank,
        row_number() over (partition by metric_key order by hits desc, metric_id) as key_rank,
        lead(hits, 1, 0) over (partition by metric_id order by hits desc, metric_key) as next_key_hits,
        lead(hits, 1, 0) over (partition by metric_key order by hits desc, metric_id) as next_metric_hits
    from metric_votes
),

suggested as (
    select
        metric_id,
        metric_key,
        hits,
        runs
    from ranked
    where
        metric_rank = 1
        and key_rank = 1
        and hits >= 3
        and 2 * hits >= runs
        and hits >= 3 * greatest(next_key_hits, next_metric_hits)
),

received as (
    select
        metric_id,
        sum(evaluations)::bigint as evaluations
    from (
        select
            metric_id,
            count(*) as evaluations
        from received_evaluations
        group by metric_id
        union all
        select
            metric_id,
            evaluations
        from kept_costs
    )
    where metric_id is not null
    group by metric_id
),

scored as (
    select
        metric_id,
        min(started_at) as first_scored_at,
        max(started_at) as last_scored_at
    from history.evaluations
    group by metric_id
)

select
    received.metric_id,
    coalesce(
        named.name, suggested.metric_key || ' ?', 'metric ' || received.metric_id::varchar
    ) as metric_name,
    named.family,
    named.kind,
    case
        when named.name is not null then 'named'
        when suggested.metric_key is not null then 'suggested'
        else 'unnamed'
    end as name_source,
    suggested.metric_key as suggested_name,
    suggested.hits as suggestion_hits,
    suggested.runs as suggestion_runs,
    received.evaluations,
    scored.first_scored_at,
    scored.last_scored_at
from received
left join scored on received.metric_id = scored.metric_id
left join suggested on received.metric_id = suggested.metric_id
left join meta.metric_names as named on received.metric_id = named.metric_id;
