-- Folds the sync's records into history.records: a version for each new or different record, none for an equal
-- one, however its JSON is spelled; a whole payload closes what it lacks, a deleted dataset all of its records.
create or replace temp table matched_records as
select
    old.dataset_id,
    old.id,
    old is not distinct from new as is_spelled_alike
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.records
    where _valid_to is null
) as old
inner join new_records as new
    on old.dataset_id = new.dataset_id and old.id = new.id;

create or replace temp table unchanged_records as
select
    dataset_id,
    id
from matched_records
where is_spelled_alike
union all
select
    old.dataset_id,
    old.id
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.records
    where _valid_to is null
) as old
inner join (
    select
        new.* replace (
            keep_spelling(old._extra, new._extra) as _extra
        )
    from new_records as new
    inner join matched_records as matched
        on new.dataset_id = matched.dataset_id and new.id = matched.id
    inner join history.records as old
        on new.dataset_id = old.dataset_id and new.id = old.id
    where not matched.is_spelled_alike and old._valid_to is null
) as new on old.dataset_id = new.dataset_id and old.id = new.id
where old is not distinct from new;

update history.records
set _valid_to = (select started_at from manifest)
where rowid in (
    select old.rowid
    from history.records as old
    inner join touched on old.dataset_id = touched.dataset_id
    left join unchanged_records as unchanged
        on old.dataset_id = unchanged.dataset_id and old.id = unchanged.id
    left join new_records as new
        on old.dataset_id = new.dataset_id and old.id = new.id
    where
        old._valid_to is null
        and unchanged.id is null
        and (new.id is not null or touched.is_whole or touched.is_deleted)
);

insert into history.records by name
select
    new.*,
    manifest.started_at as _valid_from,
    null as _valid_to,
    manifest.sync_id as _sync_id
from new_records as new
cross join manifest
anti join unchanged_records as unchanged
    on new.dataset_id = unchanged.dataset_id and new.id = unchanged.id;
