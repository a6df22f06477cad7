-- Folds the sync's evaluations into history.evaluations: a version for each new or different one, none for
-- an equal one, however its JSON is spelled. One that its payload lacks is closed if a whole payload shows
-- its run without it, or if its run was listed once and a whole payload lists it no more; else it is
-- superseded and stays.
create or replace temp table matched_evaluations as
select
    old.dataset_id,
    old.id,
    old is not distinct from new as is_spelled_alike
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.evaluations
    where _valid_to is null
) as old
inner join new_evaluations as new
    on old.dataset_id = new.dataset_id and old.id = new.id;

create or replace temp table unchanged_evaluations as
select
    dataset_id,
    id
from matched_evaluations
where is_spelled_alike
union all
select
    old.dataset_id,
    old.id
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.evaluations
    where _valid_to is null
) as old
inner join (
    select
        new.* replace (
            keep_spelling(old.eval_metadata, new.eval_metadata) as eval_metadata,
            keep_spelling(old._extra, new._extra) as _extra
        )
    from new_evaluations as new
    inner join matched_evaluations as matched
        on new.dataset_id = matched.dataset_id and new.id = matched.id
    inner join history.evaluations as old
        on new.dataset_id = old.dataset_id and new.id = old.id
    where not matched.is_spelled_alike and old._valid_to is null
) as new on old.dataset_id = new.dataset_id and old.id = new.id
where old is not distinct from new;

create or replace temp table gone_runs as
select distinct
    known.dataset_id,
    known.id as run_id
from history.runs as known
inner join touched on known.dataset_id = touched.dataset_id
anti join new_runs as listed
    on known.dataset_id = listed.dataset_id and known.id = listed.id
where touched.is_whole;

update history.evaluations
set _valid_to = (select started_at from manifest)
where rowid in (
    select old.rowid
    from history.evaluations as old
    inner join touched on old.dataset_id = touched.dataset_id
    left join unchanged_evaluations as unchanged
        on old.dataset_id = unchanged.dataset_id and old.id = unchanged.id
    left join new_evaluations as new
        on old.dataset_id = new.dataset_id and old.id = new.id
    left join shown_runs
        on old.dataset_id = shown_runs.dataset_id and old.run_id = shown_runs.run_id
    left join gone_runs
        on old.dataset_id = gone_runs.dataset_id and old.run_id = gone_runs.run_id
    where
        old._valid_to is null
        and unchanged.id is null
        and (
            new.id is not null
            or touched.is_deleted
            or (touched.is_whole and shown_runs.run_id is not null)
            or gone_runs.run_id is not null
        )
);

insert into history.evaluations by name
select
    new.*,
    manifest.started_at as _valid_from,
    null as _valid_to,
    manifest.sync_id as _sync_id
from new_evaluations as new
cross join manifest
anti join unchanged_evaluations as unchanged
    on new.dataset_id = unchanged.dataset_id and new.id = unchanged.id;
