-- The datasets whose rows are refreshed, in batches of about 500,000 versions of evaluations: memory follows the
-- batch, never the account.
create or replace temp table refresh_batches as
with sized as (
    select
        chosen_datasets.dataset_id,
        count(evaluations.dataset_id) as versions
    from chosen_datasets
    left join history.evaluations on chosen_datasets.dataset_id = evaluations.dataset_id
    group by chosen_datasets.dataset_id
)

select
    dataset_id,
    ((sum(versions) over (order by dataset_id)) // 500000)::bigint as batch
from sized;
