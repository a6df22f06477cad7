-- Folds which runs' evaluations the payloads show into history.evaluated_runs. A whole payload replaces what
-- its dataset's last one showed; one that is not whole does so only if it shows anything.
update history.evaluated_runs
set _valid_to = (select started_at from manifest)
where rowid in (
    select old.rowid
    from history.evaluated_runs as old
    inner join touched on old.dataset_id = touched.dataset_id
    left join (select distinct dataset_id from shown_runs) as showing
        on old.dataset_id = showing.dataset_id
    anti join shown_runs
        on old.dataset_id = shown_runs.dataset_id and old.run_id = shown_runs.run_id
    where
        old._valid_to is null
        and (touched.is_whole or touched.is_deleted or showing.dataset_id is not null)
);

insert into history.evaluated_runs by name
select
    shown_runs.dataset_id,
    shown_runs.run_id,
    manifest.started_at as _valid_from,
    null as _valid_to,
    manifest.sync_id as _sync_id,
    false as _shown_whole
from shown_runs
cross join manifest
anti join (
    select
        dataset_id,
        run_id
    from history.evaluated_runs
    where _valid_to is null
) as known
    on shown_runs.dataset_id = known.dataset_id and shown_runs.run_id = known.run_id;

update history.evaluated_runs
set _shown_whole = true
where
    _valid_to is null
    and not _shown_whole
    and rowid in (
        select shown.rowid
        from history.evaluated_runs as shown
        inner join shown_runs
            on shown.dataset_id = shown_runs.dataset_id and shown.run_id = shown_runs.run_id
        inner join touched on shown.dataset_id = touched.dataset_id
        where touched.is_whole
    );
