-- A p-value times the tests of its family over its rank in it: the first half of Benjamini-Hochberg, for use as
-- a window expression.
create or replace macro marts.benjamini_hochberg_step(p, family) as
p * count(p) over (partition by family) / count(p) over (partition by family order by p);
