-- The evaluations as they are now, those of superseded runs included: the open versions of
-- history.evaluations. is_latest: the newest payload of the dataset shows the evaluation's run.
create or replace view main.evaluations as
select
    evaluation.* exclude (_extra, _valid_from, _valid_to, _sync_id),
    exists (
        select 1
        from history.evaluated_runs as shown
        where
            shown.dataset_id = evaluation.dataset_id
            and shown.run_id = evaluation.run_id
            and shown._valid_to is null
    ) as is_latest,
    evaluation._extra
from history.evaluations as evaluation
where evaluation._valid_to is null;
