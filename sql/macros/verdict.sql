-- The verdict on a comparison of two runs in one metric.
create or replace macro marts.verdict(n_pairs, q_value, mean_change) as
case
    when n_pairs < 5 then 'too few pairs'
    when q_value < 0.05 and mean_change < 0 then 'worse'
    when q_value < 0.05 and mean_change > 0 then 'better'
    else 'no clear change'
end;
