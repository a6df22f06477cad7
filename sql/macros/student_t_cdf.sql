-- The probability that Student's t with df degrees of freedom is at most t.
create or replace macro marts.student_t_cdf(t, df) as
if(t > 0, 1 - marts.student_t_p_value(t, df) / 2, marts.student_t_p_value(t, df) / 2);
