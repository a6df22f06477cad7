-- The evaluations as the warehouse knew them at an instant; is_latest as it was then.
create or replace macro main.evaluations_as_of(ts) as table
select
    evaluation.* exclude (_extra, _valid_from, _valid_to, _sync_id),
    exists (
        select 1
        from history.evaluated_runs as shown
        where
            shown.dataset_id = evaluation.dataset_id
            and shown.run_id = evaluation.run_id
            and shown._valid_from <= main.as_utc(ts)
            and (shown._valid_to is null or shown._valid_to > main.as_utc(ts))
    ) as is_latest,
    evaluation._extra
from history.evaluations as evaluation
where
    evaluation._valid_from <= main.as_utc(ts)
    and (evaluation._valid_to is null or evaluation._valid_to > main.as_utc(ts));
