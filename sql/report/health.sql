-- How many datasets have which health.
select
    health,
    count(*) as datasets
from marts.dataset_health
group by health
order by datasets desc, health;
