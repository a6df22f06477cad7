-- I_x(a, b) by its continued fraction (DLMF 8.17.22), which converges fast for x < (a + 1) / (a + b + 2): 200
-- terms, folded from the last to the first. y is 1 - x, given apart so that it loses no digits.
create or replace macro marts.beta_fraction(a, b, x, y) as
exp(a * ln(x) + b * ln(y) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
/ list_reduce(
    list_concat([1.0::double], range(200, 0, -1)::double []),
    lambda rest, n: 1 + x / ((a + n - 1) * (a + n)) / rest * case
        when n % 2 = 0
            then (n / 2) * (b - n / 2)
        else -(a + (n - 1) / 2) * (a + b + (n - 1) / 2)
    end
);
