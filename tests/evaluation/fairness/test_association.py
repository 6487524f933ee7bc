"""Tests of association: known statistics, false positives by simulation, Holm's correction by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency, fisher_exact

from emotion.evaluation.fairness.association import permutation_test
from emotion.evaluation.metrics import wilson_interval


def table(*rows: tuple[int, ...]) -> np.ndarray:
    return np.array(rows, np.int64)


def test_one_stratum_is_pearsons_chi_square():
    yes, total = table((30, 45, 20)), table((60, 60, 40))
    expected = chi2_contingency(np.vstack([yes, total - yes]), correction=False).statistic
    found = permutation_test(yes, total)
    assert found.statistic == pytest.approx(expected * 159 / 160)
    assert found.p == pytest.approx(chi2.sf(found.statistic, 2), abs=0.01)


def test_small_groups_have_fishers_p():
    yes, total = table((1, 6)), table((7, 7))
    found = permutation_test(yes, total)
    assert found.p == pytest.approx(fisher_exact(np.vstack([yes, total - yes])).pvalue, abs=0.01)


def test_a_difference_explained_by_expressions_is_not_significant():
    """Both groups have equal recall for each expression, but different shares of them: Simpson's paradox."""
    found = permutation_test(table((90, 9), (1, 10)), table((100, 10), (10, 100)))
    assert found.statistic == pytest.approx(0, abs=1e-9)
    assert found.p == 1
    crude = permutation_test(table((91, 19)), table((110, 110)))
    assert crude.p < 0.001


def test_a_difference_within_every_expression_is_significant():
    assert permutation_test(table((80, 60), (50, 30)), table((100, 100), (100, 100))).p < 0.001


@pytest.mark.parametrize(("yes", "total"), [((0, 0), (5, 5)), ((5, 5), (5, 5)), ((3, 0), (5, 0)), ((1, 0), (1, 0))])
def test_p_is_one_without_variation(yes, total):
    assert permutation_test(table(yes), table(total), resamples=99).p == 1


def test_invalid_tables_are_refused():
    with pytest.raises(ValueError, match="0 ≤ yes ≤ total"):
        permutation_test(table((6, 0)), table((5, 5)))


@pytest.mark.parametrize("sizes", [(200, 200), (12, 8), (150, 10)])
def test_p_values_are_valid_under_the_null_hypothesis(sizes):
    """Of 600 data sets with two equal groups and two expressions, about 5% or fewer are significant."""
    rng = np.random.default_rng(1)
    total = table(sizes, sizes)
    p = [
        permutation_test(rng.binomial(total, [[0.8], [0.4]]), total, resamples=199, seed=number).p
        for number in range(600)
    ]
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)
    assert np.mean(np.array(p) <= 0.05) <= allowed
    if min(sizes) > 100:
        assert np.mean(np.array(p) <= 0.05) >= 0.05 - 3 * np.sqrt(0.05 * 0.95 / 600), "and not much more rarely"


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_matches_the_literature(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_without_trials_the_interval_is_everything():
    assert wilson_interval(0, 0) == (0.0, 1.0)
