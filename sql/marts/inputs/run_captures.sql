-- What became of each run's evaluations. Captured is proven by having been shown while it was listed as
-- finished; counting proves nothing, as a metric may skip records.
-- lost_at: of a missed run, the sync that could only find it gone or replaced.
create or replace temp table run_captures as
with shown as (
    select distinct
        dataset_id,
        run_id
    from history.evaluated_runs
),

shown_finished as (
    select distinct
        runs.dataset_id,
        runs.id as run_id
    from history.runs
    inner join history.evaluated_runs as shown
        on runs.dataset_id = shown.dataset_id and runs.id = shown.run_id
    where
        runs.finished_at is not null
        and runs._valid_from < coalesce(shown._valid_to, 'infinity')
        and shown._valid_from < coalesce(runs._valid_to, 'infinity')
),

first_syncs as (
    select
        id as dataset_id,
        min(_valid_from) as first_synced_at
    from history.datasets
    group by id
),

served as (
    select
        dataset_id,
        run_id,
        lead(sequence_at) over following as superseded_at,
        lead(first_known_at) over following as successor_known_at,
        coalesce(
            bool_or(is_open) over (
                partition by dataset_id
                order by sequence_at nulls first, run_id
                rows between 1 following and unbounded following
            ),
            false
        ) as is_replaced
    from known_runs
    where is_served
    window following as (partition by dataset_id order by sequence_at nulls first, run_id)
),

judged as (
    select
        known_runs.dataset_id,
        known_runs.run_id,
        known_runs.is_open,
        known_runs.sequence_at,
        served.superseded_at,
        first_syncs.first_synced_at,
        if(
            served.successor_known_at is null,
            known_runs.closed_at,
            greatest(served.successor_known_at, known_runs.first_known_at)
        ) as lost_at,
        case
            when not known_runs.is_served then 'not served'
            when shown_finished.run_id is not null then 'captured'
            when not served.is_replaced and known_runs.is_open and known_runs.finished_at is null
                then 'in progress'
            when shown.run_id is not null then 'partly captured'
            when not served.is_replaced and known_runs.is_open then 'awaiting'
            when served.successor_known_at <= first_syncs.first_synced_at then 'before first sync'
            else 'missed'
        end as capture
    from known_runs
    left join served
        on known_runs.dataset_id = served.dataset_id and known_runs.run_id = served.run_id
    left join shown
        on known_runs.dataset_id = shown.dataset_id and known_runs.run_id = shown.run_id
    left join shown_finished
        on
            known_runs.dataset_id = shown_finished.dataset_id
            and known_runs.run_id = shown_finished.run_id
    left join first_syncs on known_runs.dataset_id = first_syncs.dataset_id
),

comparable as (
    select
        dataset_id,
        run_id,
        row_number() over (
            partition by dataset_id order by sequence_at desc nulls last, run_id desc
        ) as captured_recency,
        lead(run_id) over (
            partition by dataset_id order by sequence_at desc nulls last, run_id desc
        ) as previous_captured_run_id
    from judged
    where capture = 'captured' and is_open
)

select
    judged.dataset_id,
    judged.run_id,
    judged.capture,
    judged.superseded_at,
    judged.first_synced_at,
    if(judged.capture = 'missed', judged.lost_at, null) as lost_at,
    comparable.captured_recency,
    comparable.previous_captured_run_id
from judged
left join comparable
    on judged.dataset_id = comparable.dataset_id and judged.run_id = comparable.run_id;
