-- The datasets whose rows are refreshed: those of the batch in hand, or all where none is.
create or replace temp view refreshed as
select dataset_id
from refresh_batches
where batch = getvariable('refresh_batch') or getvariable('refresh_batch') is null;
