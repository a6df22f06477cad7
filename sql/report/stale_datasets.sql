-- The datasets whose last fetch brought no whole payload: their rows are as old as last_fetched_at. The newest error of
-- each, and how many syncs of the last 30 days failed for it.
with month as (
    select max(started_at) - interval 30 days as began
    from meta.syncs
),

errors as (
    select
        failed.dataset_id,
        count(distinct failed.sync_id) filter (where syncs.started_at >= month.began) as failed_syncs_30d,
        arg_max(
            {'stage': failed.stage, 'http_status': failed.http_status, 'error': left(failed.error, 1000)},
            failed.sync_id
        ) as newest
    from meta.sync_errors as failed
    inner join meta.syncs on failed.sync_id = syncs.sync_id
    cross join month
    group by failed.dataset_id
)

select
    state.dataset_id,
    datasets.name as dataset_name,
    state.status,
    state.last_fetched_at,
    coalesce(errors.failed_syncs_30d, 0) as failed_syncs_30d,
    errors.newest.stage as stage,
    errors.newest.http_status as http_status,
    errors.newest.error as error,
    count(*) over () as datasets
from meta.dataset_state as state
left join main.datasets on state.dataset_id = datasets.id
left join errors on state.dataset_id = errors.dataset_id
where state.status in ('failed', 'missing', 'partial', 'quarantined')
order by state.last_fetched_at nulls first, state.dataset_id
limit $rows;
