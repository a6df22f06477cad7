-- Opens again, as new versions of the same content, the evaluations that were closed with their run or
-- dataset, where a whole payload lists the run again. If the payload shows the run's evaluations, it has
-- said itself which exist. What a payload proved gone, then or since, stays closed.
create or replace temp table returned_runs as
select
    listed.dataset_id,
    listed.id as run_id
from new_runs as listed
inner join touched on listed.dataset_id = touched.dataset_id
anti join shown_runs
    on listed.dataset_id = shown_runs.dataset_id and listed.id = shown_runs.run_id
where
    touched.is_whole
    and (
        not exists (
            select 1
            from history.runs as earlier
            where
                earlier.dataset_id = listed.dataset_id
                and earlier.id = listed.id
                and earlier._valid_from < (select started_at from manifest)
        )
        or exists (
            select 1
            from history.runs as ended
            where
                ended.dataset_id = listed.dataset_id
                and ended.id = listed.id
                and ended._valid_to is not null
                and not exists (
                    select 1
                    from history.runs as next
                    where
                        next.dataset_id = ended.dataset_id
                        and next.id = ended.id
                        and next._valid_from = ended._valid_to
                )
        )
    );

create or replace temp table returned_evaluations as
select closed.rowid as version
from history.evaluations as closed
inner join returned_runs
    on closed.dataset_id = returned_runs.dataset_id and closed.run_id = returned_runs.run_id
where
    closed._valid_to is not null
    and not exists (
        select 1
        from history.evaluations as newer
        where
            newer.dataset_id = closed.dataset_id
            and newer.id = closed.id
            and newer._valid_from > closed._valid_from
    )
    and not exists (
        select 1
        from history.evaluated_runs as proof
        where
            proof.dataset_id = closed.dataset_id
            and proof.run_id = closed.run_id
            and (
                (
                    proof._valid_from <= closed._valid_to
                    and (proof._valid_to is null or proof._valid_to > closed._valid_to)
                )
                or (proof._valid_from > closed._valid_to and proof._shown_whole)
            )
    );

insert into history.evaluations by name
select
    closed.* exclude (_valid_from, _valid_to, _sync_id),
    manifest.started_at as _valid_from,
    null as _valid_to,
    manifest.sync_id as _sync_id
from history.evaluations as closed
cross join manifest
where closed.rowid in (select version from returned_evaluations);
