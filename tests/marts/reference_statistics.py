"""What the macros' statistics are held against: scipy's."""

from scipy import stats


def t_two_sided(t: float, df: int) -> float:
    """The two-sided p-value of t."""
    return float(2 * stats.t.sf(abs(t), df))


def t_975(df: int) -> float:
    """The t that is exceeded with probability 2.5 %."""
    return float(stats.t.ppf(0.975, df))


def sign_test(ups: int, downs: int) -> float | None:
    """The exact two-sided sign test; None of nothing."""
    return float(stats.binomtest(ups, ups + downs).pvalue) if ups + downs else None


def benjamini_hochberg(p_values: list[float]) -> list[float]:
    """The q-values of p-values, in their order."""
    return stats.false_discovery_control(p_values).tolist() if p_values else []


def wilson(successes: int, n: int) -> tuple[float, float] | None:
    """The 95 % Wilson interval; None of nothing."""
    if n == 0:
        return None
    interval = stats.binomtest(successes, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
