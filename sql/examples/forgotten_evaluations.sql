-- How many evaluations are here that the API no longer serves?
select
    count(*) as evaluations,
    count(*) filter (where not is_latest) as forgotten_by_the_api,
    count(distinct run_id) filter (where not is_latest) as forgotten_runs
from evaluations;
