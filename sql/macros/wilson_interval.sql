-- The 95 % Wilson interval of a share, as {low, high}; null of nothing.
create or replace macro marts.wilson_interval(successes, n) as
case
    when n > 0
        then {
            'low': greatest(
                0.0,
                (
                    successes + 1.9207294103470627::double
                    - 1.959963984540054::double * sqrt(successes * (n - successes) / n + 0.9603647051735314)
                ) / (n + 3.8414588206941254)
            ),
            'high': least(
                1.0,
                (
                    successes + 1.9207294103470627::double
                    + 1.959963984540054::double * sqrt(successes * (n - successes) / n + 0.9603647051735314)
                ) / (n + 3.8414588206941254)
            )
        }
end;
