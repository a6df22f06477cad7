-- Which golden answers were edited, when was that seen, and what did they say before?
-- param rows integer 20: how many to show, the newest first
select
    datasets.name as dataset_name,
    old.id as record_id,
    old._valid_to as edit_seen_at,
    old.golden_answer as golden_answer_before,
    new.golden_answer as golden_answer_after
from history.records as old
inner join history.records as new
    on old.dataset_id = new.dataset_id and old.id = new.id and old._valid_to = new._valid_from
inner join main.datasets on old.dataset_id = datasets.id
where old.golden_answer is distinct from new.golden_answer
order by old._valid_to desc, old.dataset_id, old.id
limit $rows;
