-- Which golden answers were edited, when, and what did they say before?
select
    datasets.name as dataset,
    old.id as record_id,
    old._valid_to::date as edited,
    left(old.golden_answer, 40) as golden_answer_before,
    left(new.golden_answer, 40) as golden_answer_after
from history.records as old
inner join history.records as new
    on old.dataset_id = new.dataset_id and old.id = new.id and old._valid_to = new._valid_from
inner join datasets on old.dataset_id = datasets.id
where old.golden_answer is distinct from new.golden_answer
order by old._valid_to desc, old.id
limit 5;
