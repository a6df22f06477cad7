-- Why do verdicts flip? The share of each likely cause among the flips of the last days.
-- param days integer 30: how many days before the newest sync
select
    flips.likely_cause,
    count(*) filter (where flips.flip = 'regression') as regressions,
    count(*) filter (where flips.flip = 'fix') as fixes,
    round(count(*) / sum(count(*)) over (), 3) as share
from marts.outcome_flips as flips
where
    flips.run_started_at >= (
        select max(syncs.started_at) - to_days($days)
        from meta.syncs
    )
group by flips.likely_cause
order by count(*) desc, flips.likely_cause;
