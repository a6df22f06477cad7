-- The rows of run_comparisons of the datasets that are not refreshed, as they were.
create or replace temp view kept_comparisons as
select comparisons.*
from marts.run_comparisons as comparisons
anti join refreshed on comparisons.dataset_id = refreshed.dataset_id;
