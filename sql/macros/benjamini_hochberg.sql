-- The q-value (false discovery rate) of a p-value: the least step of any p-value of its family that is not
-- smaller. The second half of Benjamini-Hochberg, for use as a window expression.
create or replace macro marts.benjamini_hochberg(p, step, family) as
case
    when p is null
        then null
    else least(1.0, min(step) over (partition by family order by p desc))
end;
