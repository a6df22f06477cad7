-- What is known of each dataset that was ever asked for: the hash and sharing that a sync compares with.
select
    state.dataset_id,
    state.status,
    state.payload_sha256,
    state.last_fetched_at,
    state.last_changed_sync_id,
    state.latest_evaluated_run_id,
    dataset.is_shared,
    dataset.dataset_type_id,
    coalesce(dataset.dataset_type_name = 'CUSTOM', false) as is_custom,
    dataset.id is not null as is_open
from meta.dataset_state as state
left join history.datasets as dataset
    on state.dataset_id = dataset.id and dataset._valid_to is null
order by state.dataset_id;
