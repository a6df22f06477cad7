-- The rows of run_metric_scores of the datasets that are not refreshed, as they were.
create or replace temp view kept_scores as
select scores.*
from marts.run_metric_scores as scores
anti join refreshed on scores.dataset_id = refreshed.dataset_id;
