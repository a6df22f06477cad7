-- Folds the sync's runs into history.runs: a version for each new or different run, none for an equal
-- one, however its JSON is spelled; a whole payload closes what it lacks, a deleted dataset all of its runs.
create or replace temp table matched_runs as
select
    old.dataset_id,
    old.id,
    old is not distinct from new as is_spelled_alike
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.runs
    where _valid_to is null
) as old
inner join new_runs as new
    on old.dataset_id = new.dataset_id and old.id = new.id;

create or replace temp table unchanged_runs as
select
    dataset_id,
    id
from matched_runs
where is_spelled_alike
union all
select
    old.dataset_id,
    old.id
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.runs
    where _valid_to is null
) as old
inner join (
    select
        new.* replace (
            keep_spelling(old.dataset, new.dataset) as dataset,
            keep_spelling(old.aggregate_results, new.aggregate_results) as aggregate_results,
            keep_spelling(old._extra, new._extra) as _extra
        )
    from new_runs as new
    inner join matched_runs as matched
        on new.dataset_id = matched.dataset_id and new.id = matched.id
    inner join history.runs as old
        on new.dataset_id = old.dataset_id and new.id = old.id
    where not matched.is_spelled_alike and old._valid_to is null
) as new on old.dataset_id = new.dataset_id and old.id = new.id
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
