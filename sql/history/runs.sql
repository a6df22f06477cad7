-- Folds the sync's runs into history.runs: a version for each new or different run, none for an equal
-- one; a whole payload closes what it lacks, a deleted dataset all of its runs.
create or replace temp table unchanged_runs as
select
    old.dataset_id,
    old.id
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.runs
    where _valid_to is null
) as old
inner join new_runs as new
    on old.dataset_id = new.dataset_id and old.id = new.id
where old is not distinct from new;

update history.runs
set _valid_to = (select started_at from manifest)
where rowid in (
    select old.rowid
    from history.runs as old
    inner join touched on old.dataset_id = touched.dataset_id
    left join unchanged_runs as unchanged
        on old.dataset_id = unchanged.dataset_id and old.id = unchanged.id
    left join new_runs as new
        on old.dataset_id = new.dataset_id and old.id = new.id
    where
        old._valid_to is null
        and unchanged.id is null
        and (new.id is not null or touched.is_whole or touched.is_deleted)
);

insert into history.runs by name
select
    new.*,
    manifest.started_at as _valid_from,
    null as _valid_to,
    manifest.sync_id as _sync_id
from new_runs as new
cross join manifest
anti join unchanged_runs as unchanged
    on new.dataset_id = unchanged.dataset_id and new.id = unchanged.id;
