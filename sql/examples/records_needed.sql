-- How many records does a dataset need to show a change of two points? With 80 % power at 5 %, from how much the
-- paired scores of its newest comparison vary; where they do not vary, nothing can be told.
-- param points number 2: the smallest change of the mean score that should show
select
    dataset_name,
    metric_name,
    n_pairs as records_compared,
    round(detectable_change, 2) as detectable_change,
    ceil(n_pairs * power(detectable_change / nullif($points, 0), 2))::bigint as records_needed
from marts.run_comparisons
where captured_recency = 1 and n_pairs >= 5 and detectable_change > 0
order by records_needed desc, dataset_name, metric_name;
