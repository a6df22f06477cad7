-- Every run ever listed, as it was listed last, and every run known only from its evaluations.
-- sequence_at: its creation, or that of its first evaluation where the run itself was never listed.
create or replace temp table known_runs as
with listed as (
    select
        *,
        min(_valid_from) over (partition by dataset_id, id) as first_known_at
    from history.runs
    qualify row_number() over (partition by dataset_id, id order by _valid_from desc) = 1
),

unlisted as (
    select
        shown.dataset_id,
        shown.run_id,
        min(shown._valid_from) as first_known_at,
        max(shown._valid_to) as last_shown_until,
        bool_or(shown._valid_to is null) as is_open
    from history.evaluated_runs as shown
    anti join history.runs
        on shown.dataset_id = runs.dataset_id and shown.run_id = runs.id
    group by shown.dataset_id, shown.run_id
),

first_evaluations as (
    select
        evaluations.dataset_id,
        evaluations.run_id,
        min(evaluations.created_at) as created_at
    from history.evaluations
    semi join unlisted
        on evaluations.dataset_id = unlisted.dataset_id and evaluations.run_id = unlisted.run_id
    group by evaluations.dataset_id, evaluations.run_id
)

select
    listed.dataset_id,
    listed.id as run_id,
    true as is_listed,
    listed._valid_to is null as is_open,
    exists (
        select 1
        from served_kinds
        where
            served_kinds.run_type_id is not distinct from listed.run_type_id
            and served_kinds.run_source_id is not distinct from listed.run_source_id
    ) as is_served,
    listed.alias,
    listed.model_slug,
    listed.user_email,
    listed.run_source_name,
    listed.run_type_name,
    listed.number_of_metrics,
    listed.result as api_result,
    listed.created_at,
    listed.started_at,
    listed.finished_at,
    listed.created_at as sequence_at,
    listed.first_known_at,
    listed._valid_to as closed_at
from listed
union all by name
select
    unlisted.dataset_id,
    unlisted.run_id,
    false as is_listed,
    unlisted.is_open,
    true as is_served,
    first_evaluations.created_at as sequence_at,
    unlisted.first_known_at,
    if(unlisted.is_open, null, unlisted.last_shown_until) as closed_at
from unlisted
left join first_evaluations
    on
        unlisted.dataset_id = first_evaluations.dataset_id
        and unlisted.run_id = first_evaluations.run_id;
