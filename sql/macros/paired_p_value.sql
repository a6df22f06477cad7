-- The two-sided p-value of a mean paired change: the t test; the exact sign test when every pair moved by the
-- same amount, as there is no variance then; null below 5 pairs or when nothing moved.
create or replace macro marts.paired_p_value(n_pairs, mean_change, sd_change, least_change, most_change) as
case
    when n_pairs < 5 or (least_change = 0 and most_change = 0) then null
    when most_change - least_change < 1e-9 then power(0.5, n_pairs - 1)
    else marts.student_t_p_value(mean_change * sqrt(n_pairs) / sd_change, n_pairs - 1)
end;
