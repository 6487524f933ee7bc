"""Contrasts against known answers, and against scipy, statsmodels and pingouin on the same data."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.effect_size import _noncentrality_t
from statsmodels.stats.multitest import multipletests

from emotion.errors import InputError
from emotion.studies.statistics.contrasts import contrasts, holm, paired_contrast, unpaired_contrast
from emotion.studies.statistics.effects import noncentrality_interval, paired_effects, unpaired_effects
from emotion.studies.statistics.permutation import group_labels, p_value, paired_t, sign_flips, two_sample_t
from emotion.studies.statistics.sentences import contrast_sentence

EXACT = {"rel": 1e-6, "abs": 1e-6}


def two(n: int = 12, m: int = 12, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0.6, 1.0, n), rng.normal(0.0, 1.7, m)


def test_all_sign_flips_by_hand() -> None:
    # Differences 1, 2 and 3: of 8 sign flips, all + and all − have a mean as far from 0.
    contrast = paired_contrast([2, 4, 6], [1, 2, 3])
    assert (contrast.p, contrast.exact, contrast.permutations) == (0.25, True, 4)
    assert (contrast.difference, contrast.mean_a, contrast.mean_b) == (2, 4, 2)


def test_all_groups_by_hand() -> None:
    # Of the 6 ways to choose 2 of 4 values, two separate 1, 2 from 5, 6: they have the largest difference.
    contrast = unpaired_contrast([1, 2], [5, 6])
    assert contrast.p == pytest.approx(2 / 6)
    assert (contrast.exact, contrast.permutations) == (True, 6)


@pytest.mark.parametrize(
    ("groups", "smallest"), [((2, 2), 2 / 6), ((2, 3), 1 / 10), ((3, 3), 2 / 20), ((3, 4), 1 / 35), ((4, 4), 2 / 70)]
)
def test_the_smallest_p_of_groups_is_that_of_groups_far_apart(groups: tuple[int, int], smallest: float) -> None:
    a, b = np.arange(groups[0]) + 0.1, np.arange(groups[1]) ** 1.5 + 100
    assert unpaired_contrast(a, b).p == pytest.approx(smallest)
    near = unpaired_contrast(a, np.arange(groups[1]))
    assert near.p > near.smallest_p == pytest.approx(smallest)


@pytest.mark.parametrize("pairs", [2, 5, 6, 10])
def test_the_smallest_p_of_pairs_is_that_of_equal_signs(pairs: int) -> None:
    contrast = paired_contrast(np.arange(pairs) + 5.5, np.zeros(pairs))
    assert contrast.p == contrast.smallest_p == pytest.approx(2 / 2**pairs)


def test_the_smallest_p_of_random_permutations_is_that_of_the_observed_one() -> None:
    contrast = unpaired_contrast(*two(30, 30))
    assert (contrast.exact, contrast.smallest_p) == (False, 1 / 10_000)


def test_exact_permutations_match_scipy() -> None:
    a, b = two(9, 9)
    mean = lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis)  # noqa: E731
    signs = stats.permutation_test((a, b), mean, permutation_type="samples", vectorized=True, n_resamples=np.inf)
    assert paired_contrast(a, b).p == pytest.approx(signs.pvalue, **EXACT)
    first, second = a[:6], b[:5]
    welch = lambda x, y, axis: stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic  # noqa: E731
    groups = stats.permutation_test((first, second), welch, vectorized=True, n_resamples=np.inf)
    # scipy doubles the smaller tail; here the tails are counted by |t|.
    counted = np.mean(np.abs(groups.null_distribution) >= abs(groups.statistic) * (1 - 1e-9))
    assert unpaired_contrast(first, second).p == pytest.approx(counted, **EXACT)


def test_random_permutations_come_near_the_exact_ones() -> None:
    a, b = two(13, 13)
    exact, drawn = paired_contrast(a, b), paired_contrast(a, b, permutations=4000)
    assert exact.exact
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=0.02)
    assert paired_contrast(a, b, permutations=4000) == drawn, "the seed is fixed"


def test_t_and_intervals_match_pingouin() -> None:
    a, b = two(15, 15)
    theirs = pingouin.ttest(a, b, paired=True).iloc[0]
    ours = paired_contrast(a, b)
    assert (ours.t, ours.df) == pytest.approx((theirs["T"], theirs["dof"]), **EXACT)
    check_interval(a, b, ours, paired=True)
    a, b = two(11, 17)
    theirs = pingouin.ttest(a, b, correction=True).iloc[0]
    ours = unpaired_contrast(a, b)
    assert (ours.t, ours.df) == pytest.approx((theirs["T"], theirs["dof"]), **EXACT)
    check_interval(a, b, ours, paired=False)


def check_interval(a: np.ndarray, b: np.ndarray, ours, *, paired: bool) -> None:
    """pingouin rounds its interval, so the remaining digits are compared with scipy."""
    result = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    assert (ours.low, ours.high) == pytest.approx(tuple(result.confidence_interval(0.95)), **EXACT)


def test_effect_sizes_match_pingouin_and_statsmodels() -> None:
    a, b = two(11, 17)
    d, g = unpaired_effects(a, b)
    assert d.value == pytest.approx(pingouin.compute_effsize(a, b, eftype="cohen"), **EXACT)
    # pingouin approximates the factor of g (Hedges 1981, equation 6f); the gamma function is exact.
    assert g.value == pytest.approx(pingouin.compute_effsize(a, b, eftype="hedges"), rel=1e-3)
    scale = np.sqrt(11 * 17 / 28)
    low, high = _noncentrality_t(d.value * scale, 26).confint / scale
    assert (d.low, d.high) == pytest.approx((low, high), **EXACT)
    c, e = two(14, 14)
    d_z, _ = paired_effects(c - e)
    assert d_z.value == pytest.approx(pingouin.compute_effsize(c, e, paired=True, eftype="cohen_dz"), **EXACT)


def test_hedges_factor_is_that_of_his_table() -> None:
    # Hedges (1981), table 1: c(m) of 2, 10 and 50 degrees of freedom.
    values = np.array([-1.0, 1.0])
    for df, factor in ((2, 0.5642), (10, 0.9228), (50, 0.9849)):
        differences = np.tile(values, (df + 1) // 2 + 1)[: df + 1] + 0.3
        d_z, g_z = paired_effects(differences)
        assert g_z.value / d_z.value == pytest.approx(factor, abs=6e-5)


@given(st.floats(-30, 30), st.integers(2, 200))
def test_interval_of_the_noncentrality_holds_t_at_its_quantiles(t: float, df: int) -> None:
    low, high = noncentrality_interval(t, df)
    # SciPy's inverse takes a t below about 0.0005 as 0, which moves these probabilities by up to 3e-5.
    assert stats.nct.cdf(t, df, low) == pytest.approx(0.975, abs=5e-5)
    assert stats.nct.cdf(t, df, high) == pytest.approx(0.025, abs=5e-5)


def test_holm_by_hand_and_with_unknown_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.02, np.nan, 0.03]) == pytest.approx([0.04, np.nan, 0.04], nan_ok=True)
    p = np.random.default_rng(3).random(9) / 10
    assert holm(p) == pytest.approx(pingouin.multicomp(p, method="holm")[1], **EXACT)
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], **EXACT)
    assert holm([]).tolist() == []


@pytest.mark.parametrize("equal", [True, False])
def test_every_permutation_has_the_t_of_scipy(equal: bool) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(5, 1, (9, 3))
    values[2, 1] = values[7, 2] = np.nan
    labels = group_labels(4, 5, 20)
    ours = two_sample_t(values, labels.rows, equal_variances=equal)
    for row, members in zip(ours, labels.rows.astype(bool), strict=True):
        theirs = stats.ttest_ind(values[members], values[~members], equal_var=equal, nan_policy="omit")
        assert row == pytest.approx(theirs.statistic, **EXACT)
    flips = sign_flips(9, 20)
    for row, signs in zip(paired_t(values, flips.rows), flips.rows, strict=True):
        theirs = stats.ttest_1samp(values * signs[:, None], 0, nan_policy="omit")
        assert row == pytest.approx(np.asarray(theirs.statistic, float), **EXACT)


def test_all_permutations_are_different_and_the_observed_one_is_first() -> None:
    flips = sign_flips(5)
    assert (flips.rows[0] == 1).all()
    assert len({tuple(row) for row in flips.rows} | {tuple(-row) for row in flips.rows}) == 2**5
    labels = group_labels(3, 4)
    assert labels.rows[0].tolist() == [1, 1, 1, 0, 0, 0, 0]
    assert len({tuple(row) for row in labels.rows}) == 35
    assert (labels.rows.sum(axis=1) == 3).all()


def test_equal_values_give_no_difference_and_constant_ones_the_smallest_p() -> None:
    same = paired_contrast([0.1] * 6, [0.1] * 6)
    assert (same.t, same.p, same.low, same.high) == (0, 1, 0, 0)
    assert np.isnan(same.effects[0].value)
    apart = paired_contrast([1.5] * 6, [1.0] * 6)
    assert apart.p == 1 / 2**5
    groups = unpaired_contrast([0.1] * 5, [0.1] * 5)
    assert (groups.t, groups.p) == (0, 1)
    assert unpaired_contrast([1.0] * 5, [2.0] * 5).p == pytest.approx(2 / 252)


@settings(max_examples=40)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=7), st.floats(-100, 100), st.floats(0.1, 50))
def test_p_does_not_depend_on_units(values: list[float], shift: float, scale: float) -> None:
    a = np.round(values, 3)
    b = np.round(np.roll(a, 1) * 0.5 + np.arange(len(a)) % 3, 3)
    moved = unpaired_contrast(a * scale + shift, b * scale + shift)
    assert moved.p == pytest.approx(unpaired_contrast(a, b).p, abs=1e-9)
    assert paired_contrast(b, a).p == paired_contrast(a, b).p


def long_table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = itertools.product([f"p{n:02}" for n in range(16)], ["film", "rest"], ["s1", "s2", "s3"])
    table = pd.DataFrame(rows, columns=["participant", "condition", "stimulus"])
    table["happiness"] = rng.normal(0.3, 0.1, len(table)) + 0.2 * (table["condition"] == "film")
    table["anger"] = rng.normal(0.3, 0.1, len(table))
    return table


def test_contrasts_average_each_persons_rows_first() -> None:
    table = long_table()
    found = contrasts(table, ["happiness", "anger"], by="condition", levels=[("film", "rest")], paired=True)
    means = table.groupby(["participant", "condition"])["happiness"].mean().unstack()
    alone = paired_contrast(means["film"], means["rest"], measure="happiness", names=("film", "rest"))
    assert found[0].t == pytest.approx(alone.t)
    assert found[0].p == alone.p
    assert [each.measure for each in found] == ["happiness", "anger"]
    assert [each.p_holm for each in found] == pytest.approx(list(holm([each.p for each in found])))


def test_people_in_one_condition_only_are_left_out_and_counted() -> None:
    table = long_table()
    table = table[~((table["participant"] == "p03") & (table["condition"] == "rest"))]
    [found] = contrasts(table, ["happiness"], by="condition", levels=[("film", "rest")], paired=True)
    assert (found.n_a, found.left_out) == (15, 1)


def test_contrasts_between_groups_refuse_people_in_both() -> None:
    with pytest.raises(InputError, match="expected each person in one group of condition; got 16 in both"):
        contrasts(long_table(), ["anger"], by="condition", levels=[("film", "rest")], paired=False)


def test_missing_columns_and_conditions_are_named() -> None:
    with pytest.raises(InputError, match="without joy"):
        contrasts(long_table(), ["joy"], by="condition", levels=[("film", "rest")], paired=True)
    with pytest.raises(InputError, match="expected rows with condition music; got condition film, rest"):
        contrasts(long_table(), ["anger"], by="condition", levels=[("film", "music")], paired=True)
    with pytest.raises(InputError, match="at least two people"):
        paired_contrast([1, np.nan], [np.nan, 2])


def test_sentences_name_the_higher_condition_with_the_interval_in_its_direction() -> None:
    a, b = np.arange(12) / 100 + 0.5, np.arange(12)[::-1] / 100 + 0.3
    sentence = contrast_sentence(paired_contrast(b, a, measure="Happiness", names=("rest", "film")))
    assert sentence.startswith("Happiness was higher in film than in rest by 0.200 (95% interval 0.154 to 0.246; p <")
    assert "12 people in both" in sentence
    none = contrast_sentence(unpaired_contrast([1, 2, 3, 4], [4, 3, 2, 1.2], measure="anger"))
    assert none.startswith("No reliable difference in anger between A and B: A − B = 0.0 (95% interval −2.2 to 2.1; ")


def test_another_level_is_said_in_the_sentence() -> None:
    wide, narrow = (paired_contrast([1, 2, 4, 5], [0, 2, 2, 1], level=level) for level in (0.99, 0.9))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert "(99% interval" in contrast_sentence(wide)


def test_p_value_counts_the_observed_row() -> None:
    assert p_value(np.array([3.0, 1.0, -3.0, 2.0])) == 0.5
    assert np.isnan(p_value(np.array([np.nan, 1.0])))
