-- Datasets that a full sync listed and then neither fetched nor reported.
-- blocks: yes
select dataset_id
from listed
where not is_accounted;
