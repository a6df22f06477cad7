-- Every evaluation ever received of the refreshed datasets, as it was received last: what cost and capture
-- count. Open versions are the newest of their id, so only closed ones are searched for it.
create or replace temp view received_evaluations as
with versions as (
    select
        dataset_id,
        id,
        run_id,
        record_id,
        metric_id,
        model_slug,
        result,
        is_success,
        started_at,
        finished_at,
        evaluation_cost,
        credits_consumed,
        input_tokens,
        output_tokens,
        _valid_from,
        _valid_to
    from history.evaluations
    where dataset_id in (select refreshed.dataset_id from refreshed)
)

select * exclude (_valid_from, _valid_to)
from versions
where _valid_to is null
union all
select closed.* exclude (_valid_from, _valid_to)
from versions as closed
anti join versions as open_version
    on
        closed.dataset_id = open_version.dataset_id
        and closed.id = open_version.id
        and open_version._valid_to is null
where closed._valid_to is not null
qualify row_number() over (partition by closed.dataset_id, closed.id order by closed._valid_from desc) = 1;
