-- The datasets as they are now: the open versions of datasets_history.
create or replace view datasets as
select
    id,
    name,
    user_id,
    user_email,
    author_email,
    dataset_type_id,
    dataset_type_name,
    dataset_type_label,
    dataset_type_description,
    structure,
    selected_metrics,
    column_mappings,
    data_collection_id,
    org_id,
    is_shared,
    created_at,
    updated_at,
    _extra
from datasets_history
where _valid_to is null;
