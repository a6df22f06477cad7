-- The records as they are now: the open versions of records_history.
create or replace view records as
select
    id,
    user_id,
    dataset_id,
    prompt,
    input,
    input_type,
    context,
    context_type,
    output,
    output_type,
    golden_answer,
    golden_answer_type,
    created_at,
    updated_at,
    _extra
from records_history
where _valid_to is null;
