-- Datasets of whose newest folded payload the manifest, the lake and the open versions hold different
-- numbers of rows. After a payload that was not whole, older rows may be open besides.
-- blocks: yes
with folded as (
    select
        id as dataset_id,
        'datasets' as table_name,
        count(*) as row_count
    from history.datasets
    where _valid_to is null and id in (select payload_rows.dataset_id from payload_rows)
    group by id
    union all
    select
        dataset_id,
        'records' as table_name,
        count(*) as row_count
    from history.records
    where _valid_to is null and dataset_id in (select payload_rows.dataset_id from payload_rows)
    group by dataset_id
    union all
    select
        dataset_id,
        'runs' as table_name,
        count(*) as row_count
    from history.runs
    where _valid_to is null and dataset_id in (select payload_rows.dataset_id from payload_rows)
    group by dataset_id
    union all
    select
        evaluation.dataset_id,
        'evaluations' as table_name,
        count(*) as row_count
    from history.evaluations as evaluation
    inner join (
        select
            dataset_id,
            unnest(run_ids) as run_id
        from payload_rows
        where table_name = 'evaluations'
    ) as shown
        on evaluation.dataset_id = shown.dataset_id and evaluation.run_id = shown.run_id
    where evaluation._valid_to is null
    group by evaluation.dataset_id
),

counted as (
    select
        coalesce(payload_rows.dataset_id, lake_rows.dataset_id) as dataset_id,
        coalesce(payload_rows.table_name, lake_rows.table_name) as table_name,
        coalesce(payload_rows.row_count, 0) as in_payload,
        coalesce(lake_rows.row_count, 0) as in_lake,
        coalesce(folded.row_count, 0) as in_warehouse,
        coalesce(payload_rows.is_whole, true) as is_whole
    from payload_rows
    full outer join lake_rows
        on payload_rows.dataset_id = lake_rows.dataset_id and payload_rows.table_name = lake_rows.table_name
    left join folded
        on payload_rows.dataset_id = folded.dataset_id and payload_rows.table_name = folded.table_name
)

select
    dataset_id,
    table_name,
    in_payload,
    in_lake,
    in_warehouse
from counted
where
    in_payload <> in_lake
    or in_warehouse < in_payload
    or (is_whole and in_warehouse > in_payload);
