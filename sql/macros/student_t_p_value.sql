-- The two-sided p-value of a t statistic with df degrees of freedom.
create or replace macro marts.student_t_p_value(t, df) as
marts.incomplete_beta(df / 2, 0.5, df / (df + t * t), t * t / (df + t * t));
