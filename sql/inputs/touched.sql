-- The datasets that the sync brought rows of, or proved to be gone: the fold and its audits look at no other.
-- is_whole: the payload proves the absence of what it lacks. is_deleted: the dataset itself is gone.
create or replace temp table touched as
select
    dataset_id,
    is_changed and is_whole as is_whole,
    status = 'deleted' as is_deleted
from entries
where is_changed or status = 'deleted';
