-- The exact two-sided p-value of ups against downs if both are equally likely (McNemar's test on flips); null
-- when there are neither.
create or replace macro marts.sign_test(ups, downs) as
case
    when ups + downs > 0
        then least(1.0, 2 * marts.incomplete_beta(greatest(ups, downs), least(ups, downs) + 1, 0.5, 0.5))
end;
