-- The exact sum of amounts of DECIMAL(38,18); null when it has more than 20 digits before the point, never an
-- error. Whole parts and fractions are added apart, as the sum itself could overflow midway.
create or replace macro marts.exact_sum(amount) as
case
    when abs(sum(trunc(amount)::decimal(38, 0))) < 99999999990000000000
        then sum(trunc(amount)::decimal(38, 0))::decimal(38, 18) + sum(amount - trunc(amount))
end;
