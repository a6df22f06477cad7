-- Where did the newest run pass least, compared with the run before it? Only this warehouse still knows the latter.
-- param rows integer 5: how many datasets to show, the largest falls first
select
    newest.dataset_name,
    newest.run_id,
    round(before.pass_rate, 3) as pass_rate_before,
    round(newest.pass_rate, 3) as pass_rate,
    round(newest.pass_rate - before.pass_rate, 3) as change
from marts.run_scorecard as newest
inner join marts.run_scorecard as before
    on newest.dataset_id = before.dataset_id and newest.previous_captured_run_id = before.run_id
where newest.captured_recency = 1
order by newest.pass_rate - before.pass_rate, newest.run_id
limit $rows;
