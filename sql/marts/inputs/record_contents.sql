-- The content of each record of the refreshed datasets from when to when: a version holds from the time of its
-- edit where the API dates it (or, never edited, from its creation), else from the sync that saw it.
create or replace temp table record_contents as
with versions as (
    select
        *,
        lag(updated_at) over history_of_record as previous_updated_at,
        row_number() over history_of_record = 1 as is_first
    from history.records
    where dataset_id in (select refreshed.dataset_id from refreshed)
    window history_of_record as (partition by dataset_id, id order by _valid_from)
),

dated as (
    select
        dataset_id,
        id as record_id,
        _valid_from,
        case
            when is_first then coalesce(updated_at, created_at, _valid_from)
            when updated_at > previous_updated_at then updated_at
            when previous_updated_at is null then coalesce(updated_at, _valid_from)
            else _valid_from
        end as in_force_from,
        marts.question_hash(
            prompt, input, input_type, context, context_type, golden_answer, golden_answer_type
        ) as question_hash,
        marts.output_hash(output, output_type) as output_hash
    from versions
)

select
    dataset_id,
    record_id,
    in_force_from,
    coalesce(
        lead(in_force_from) over (
            partition by dataset_id, record_id order by in_force_from, _valid_from
        ),
        'infinity'
    ) as in_force_until,
    question_hash,
    output_hash
from dated;
