"""Every mart as plain pandas computes it from ``history`` and ``meta``, apart from the SQL."""

import pandas as pd
from marts_expected_cells import expect_cells
from marts_expected_pairs import (
    expect_comparisons,
    expect_flips,
    expect_reliability,
    expect_stability,
    pair_cells,
)
from marts_expected_rest import (
    expect_catalog,
    expect_changes,
    expect_cost_daily,
    expect_health,
    expect_suggestions,
)
from marts_expected_runs import (
    expect_captures,
    expect_metric_scores,
    expect_quality_daily,
    expect_scorecard,
)
from marts_known import Known


def expect_marts(known: Known) -> dict[str, pd.DataFrame]:
    """The twelve marts by name."""
    cells = expect_cells(known)
    catalog = expect_catalog(known, expect_suggestions(known, cells))
    names = dict(zip(catalog.metric_id, catalog.metric_name, strict=True))
    outcomes = cells.assign(metric_name=[names[metric_id] for metric_id in cells.metric_id])
    scorecard = expect_scorecard(known, outcomes)
    pairs = pair_cells(outcomes, scorecard)
    marts = {
        "metric_catalog": catalog,
        "evaluation_outcomes": outcomes,
        "run_scorecard": scorecard,
        "run_metric_scores": expect_metric_scores(outcomes, scorecard),
        "outcome_flips": expect_flips(pairs),
        "run_comparisons": expect_comparisons(known, pairs),
        "quality_daily": expect_quality_daily(outcomes, scorecard),
        "cost_daily": expect_cost_daily(known, scorecard, names),
        "record_stability": expect_stability(outcomes, scorecard, pairs),
        "judge_reliability": expect_reliability(known, outcomes, names),
        "nightly_changes": expect_changes(known, expect_captures(known)),
    }
    return marts | {"dataset_health": expect_health(known, marts)}
