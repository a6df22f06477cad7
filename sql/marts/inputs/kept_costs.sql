-- The rows of cost_daily of the datasets that are not refreshed, as they were.
create or replace temp view kept_costs as
select costs.*
from marts.cost_daily as costs
anti join refreshed on costs.dataset_id = refreshed.dataset_id;
