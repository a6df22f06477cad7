-- The regularized incomplete beta function I_x(a, b) for x from 0 to 1; y is 1 - x.
create or replace macro marts.incomplete_beta(a, b, x, y) as
case
    when x <= 0 then 0.0::double
    when y <= 0 then 1.0::double
    when x < (a + 1) / (a + b + 2)
        then marts.beta_fraction(a::double, b::double, x::double, y::double)
    else 1 - marts.beta_fraction(b::double, a::double, y::double, x::double)
end;
