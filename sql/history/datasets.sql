-- Folds the sync's datasets into history.datasets: a version for each new or different one, none for an
-- equal one, however its JSON is spelled; only a deleted dataset is closed.
create or replace temp table matched_datasets as
select
    old.id,
    old is not distinct from new as is_spelled_alike
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.datasets
    where _valid_to is null
) as old
inner join new_datasets as new on old.id = new.id;

create or replace temp table unchanged_datasets as
select id
from matched_datasets
where is_spelled_alike
union all
select old.id
from (
    select * exclude (_valid_from, _valid_to, _sync_id)
    from history.datasets
    where _valid_to is null
) as old
inner join (
    select
        new.* replace (
            keep_spelling(old.selected_metrics, new.selected_metrics) as selected_metrics,
            keep_spelling(old.column_mappings, new.column_mappings) as column_mappings,
            keep_spelling(old._extra, new._extra) as _extra
        )
    from new_datasets as new
    inner join matched_datasets as matched on new.id = matched.id
    inner join history.datasets as old on new.id = old.id
    where not matched.is_spelled_alike and old._valid_to is null
) as new on old.id = new.id
where old is not distinct from new;

update history.datasets
set _valid_to = (select started_at from manifest)
where rowid in (
    select old.rowid
    from history.datasets as old
    inner join touched on old.id = touched.dataset_id
    left join unchanged_datasets as unchanged on old.id = unchanged.id
    left join new_datasets as new on old.id = new.id
    where
        old._valid_to is null
        and unchanged.id is null
        and (new.id is not null or touched.is_deleted)
);

insert into history.datasets by name
select
    new.*,
    manifest.started_at as _valid_from,
    null as _valid_to,
    manifest.sync_id as _sync_id
from new_datasets as new
cross join manifest
anti join unchanged_datasets as unchanged on new.id = unchanged.id;
