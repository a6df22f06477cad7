-- The batches of datasets to refresh, in order.
select distinct batch
from refresh_batches
order by batch;
