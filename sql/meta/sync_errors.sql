-- Adds to meta.sync_errors what the sync could not list, fetch or flatten.
insert into meta.sync_errors by name
select
    sync_id,
    unnest(errors, recursive := true)
from manifest;
