-- The probability that Student's t with df degrees of freedom is at most t.
create or replace macro marts.student_t_cdf(t, df) as
case
    when t > 0
        then 1 - marts.student_t_p_value(t, df) / 2
    else marts.student_t_p_value(t, df) / 2
end;
