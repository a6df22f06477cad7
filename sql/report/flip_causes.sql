-- Tonight's flipped verdicts by their likely cause.
select
    flips.likely_cause as cause,
    count(*) filter (where flips.flip = 'regression') as regressions,
    count(*) filter (where flips.flip = 'fix') as fixes
from marts.outcome_flips as flips
inner join captured_runs
    on flips.dataset_id = captured_runs.dataset_id and flips.run_id = captured_runs.run_id
where captured_runs.nights_ago = 0
group by flips.likely_cause
order by count(*) desc, cause;
