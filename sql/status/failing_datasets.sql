-- The datasets whose last fetch brought no whole payload, with the newest reason.
select
    state.dataset_id,
    names.name,
    state.status,
    state.last_fetched_at,
    errors.sync_id,
    errors.error
from meta.dataset_state as state
left join main.datasets as names on state.dataset_id = names.id
left join (
    select
        dataset_id,
        max(sync_id) as sync_id,
        arg_max(error, sync_id) as error
    from meta.sync_errors
    group by dataset_id
) as errors on state.dataset_id = errors.dataset_id
where state.status in ('failed', 'missing', 'partial', 'quarantined')
order by state.dataset_id;
