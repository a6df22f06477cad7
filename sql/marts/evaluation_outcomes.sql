-- One row per cell (run x record x metric): the newest open evaluation, its verdict, and hashes of what the
-- record said when it was scored. Forgotten runs are included.
-- refresh: by dataset
select
    cells.evaluation_id,
    cells.dataset_id,
    cells.run_id,
    cells.record_id,
    cells.metric_id,
    catalog.metric_name,
    cells.model_slug,
    cells.outcome,
    cells.score,
    cells.threshold,
    contents.question_hash,
    contents.output_hash,
    cells.rescored,
    shown.run_id is not null as is_latest,
    cells.started_at,
    cells.latency_seconds
from cells
left join record_contents as contents
    on
        cells.dataset_id = contents.dataset_id
        and cells.record_id = contents.record_id
        and cells.started_at >= contents.in_force_from
        and cells.started_at < contents.in_force_until
left join (
    select
        dataset_id,
        run_id
    from history.evaluated_runs
    where _valid_to is null
) as shown
    on cells.dataset_id = shown.dataset_id and cells.run_id = shown.run_id
left join marts.metric_catalog as catalog on cells.metric_id = catalog.metric_id;
