-- Adds the sync that was just folded to the relations that audits look at.
insert into scope
select touched.dataset_id
from touched
anti join scope on touched.dataset_id = scope.dataset_id;

delete from listed;

insert into listed
select
    asked.dataset_id,
    entries.dataset_id is not null as is_accounted
from (
    select unnest(ids_listed) as dataset_id
    from manifest
    where kind = 'full'
) as asked
left join entries on asked.dataset_id = entries.dataset_id;

delete from payload_rows
where dataset_id in (select touched.dataset_id from touched);

insert into payload_rows
unpivot (
    select
        dataset_id,
        is_whole,
        evaluated_run_ids as run_ids,
        coalesce(payload_rows.datasets, 0) as datasets,
        coalesce(payload_rows.records, 0) as records,
        coalesce(payload_rows.runs, 0) as runs,
        coalesce(payload_rows.evaluations, 0) as evaluations
    from entries
    where is_changed
)
on datasets, records, runs, evaluations
into name table_name value row_count;

delete from lake_rows
where dataset_id in (select touched.dataset_id from touched);

insert into lake_rows
select
    id as dataset_id,
    'datasets' as table_name,
    count(*) as row_count
from new_datasets
group by id
union all
select
    dataset_id,
    'records' as table_name,
    count(*) as row_count
from new_records
group by dataset_id
union all
select
    dataset_id,
    'runs' as table_name,
    count(*) as row_count
from new_runs
group by dataset_id
union all
select
    dataset_id,
    'evaluations' as table_name,
    count(*) as row_count
from new_evaluations
group by dataset_id;
