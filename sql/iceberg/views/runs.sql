-- The runs as they are now: the open versions of runs_history.
create or replace view runs as
select
    id,
    user_id,
    user_email,
    author_email,
    run_type_id,
    run_type_name,
    run_type_label,
    run_type_description,
    run_source_id,
    run_source_name,
    run_source_label,
    run_source_description,
    api_key_id,
    dataset_id,
    dataset,
    data_collection_id,
    org_id,
    number_of_metrics,
    result,
    threshold,
    is_gte_threshold,
    model_slug,
    alias,
    aggregate_results,
    started_at,
    finished_at,
    created_at,
    updated_at,
    _extra
from runs_history
where _valid_to is null;
