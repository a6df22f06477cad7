-- The t that Student's t with df degrees of freedom exceeds with probability 1 - p. Newton's method from 0: on
-- the side away from 0 the distribution is concave, so it closes in without ever passing the root.
create or replace macro marts.student_t_quantile(p, df) as
case when p < 0.5 then -1 else 1 end * list_reduce(
    repeat([0.0::double], 25),
    lambda t, _: t + (abs(p - 0.5) + 0.5 - marts.student_t_cdf(t, df))
    * sqrt(df * pi()) * exp(lgamma(df / 2) - lgamma((df + 1) / 2))
    * power(1 + t * t / df, (df + 1) / 2)
);
