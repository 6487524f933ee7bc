"""Coefficients of agreement against textbook tables, and against statsmodels, krippendorff and pingouin."""

from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
from statsmodels.stats import inter_rater

from emotion.errors import InputError
from emotion.studies.agreement.alpha import codings_alpha, krippendorff_alpha
from emotion.studies.agreement.codings import Codings
from emotion.studies.agreement.icc import FORMS, intraclass_correlations, resampled_correlations
from emotion.studies.agreement.kappa import agreeing, cohens_kappa, fleiss_kappa

EXACT = {"rel": 1e-6, "abs": 1e-6}
NAN = float("nan")

KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
"""Krippendorff (2011), example C."""

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Shrout and Fleiss (1979), table 2."""


def codings(coders: int = 2, people: int = 8, units: int = 60, seed: int = 1, missing: float = 0.0) -> Codings:
    """Generate codings: each unit has a true code, which coders sometimes mistake."""
    rng = np.random.default_rng(seed)
    tables = {}
    for number in range(people):
        truth = rng.choice(4, units, p=[0.5, 0.3, 0.15, 0.05])
        wrong = rng.random((coders, units)) < 0.3
        table = np.where(wrong, rng.integers(0, 4, (coders, units)), truth)
        tables[f"p{number}"] = np.where(rng.random((coders, units)) < missing, -1, table).astype(np.int64)
    return Codings(tuple("ABCDEF"[:coders]), ("joy", "anger", "fear", "none"), 0.5, tables)


def pooled(of: Codings) -> np.ndarray:
    return np.concatenate(list(of.people.values()), axis=1)


@pytest.mark.parametrize(
    ("scale", "textbook"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_krippendorffs_example(scale, textbook: float) -> None:
    ours = krippendorff_alpha({"all": KRIPPENDORFF}, scale).value
    assert ours == pytest.approx(textbook, abs=6e-4)
    assert ours == pytest.approx(krippendorff.alpha(KRIPPENDORFF, level_of_measurement=scale), **EXACT)


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_of_several_people_matches_krippendorff(scale) -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(1, 7, 90)
    values = np.where(rng.random((3, 90)) < 0.2, NAN, np.clip(truth + rng.integers(-1, 2, (3, 90)), 1, 7))
    parts = dict(zip("abc", np.split(values, 3, axis=1), strict=True))
    theirs = krippendorff.alpha(values, level_of_measurement=scale)
    assert krippendorff_alpha(parts, scale).value == pytest.approx(theirs, **EXACT)


def test_alpha_of_measures_needs_no_table_of_values() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, 60) + rng.normal(0, 0.5, (2, 60))
    theirs = krippendorff.alpha(values, level_of_measurement="interval")
    assert krippendorff_alpha({"all": values}, "interval").value == pytest.approx(theirs, **EXACT)
    with pytest.raises(InputError, match="expected at most 100 values of a ratio scale; got 120"):
        krippendorff_alpha({"all": values}, "ratio")


def test_alpha_of_codings_with_gaps() -> None:
    of = codings(coders=3, missing=0.2)
    values = np.where(pooled(of) < 0, NAN, pooled(of))
    assert codings_alpha(of).value == pytest.approx(krippendorff.alpha(values, level_of_measurement="nominal"), **EXACT)


def test_cohens_kappa_matches_statsmodels() -> None:
    of = codings(missing=0.1)
    first, second = pooled(of)
    both = (first >= 0) & (second >= 0)
    table = inter_rater.to_table(np.column_stack([first[both], second[both]]), bins=4)[0]
    theirs = inter_rater.cohens_kappa(table)
    ours = cohens_kappa(of)
    assert ours.value == pytest.approx(theirs.kappa, **EXACT)
    assert ours.units == both.sum()
    # Units are independent here, so resampling people gives about the interval of independent units.
    assert ours.high - ours.low == pytest.approx(theirs.kappa_upp - theirs.kappa_low, rel=0.6)
    assert ours.low < theirs.kappa < ours.high


def test_fleiss_kappa_matches_statsmodels() -> None:
    of = codings(coders=4)
    counts = inter_rater.aggregate_raters(pooled(of).T, n_cat=4)[0]
    assert fleiss_kappa(of).value == pytest.approx(inter_rater.fleiss_kappa(counts), **EXACT)


def expected_by_hand(first: np.ndarray, second: np.ndarray, tolerance: int) -> float:
    """Return the share of all pairs (unit of one coder, unit of the other) that would agree."""

    def near(row: np.ndarray, unit: int) -> set[int]:
        return set(row[max(unit - tolerance, 0) : unit + tolerance + 1].tolist())

    hits = [
        first[i] in near(second, j) or second[j] in near(first, i)
        for i in range(len(first))
        for j in range(len(second))
    ]
    return float(np.mean(hits))


@pytest.mark.parametrize("tolerance", [0, 1, 3])
def test_expected_agreement_is_that_of_all_shifts(tolerance: int) -> None:
    of = codings(people=1, units=25)
    ours = cohens_kappa(of, tolerance_s=tolerance * of.step_s)
    first, second = pooled(of)
    assert ours.expected == pytest.approx(expected_by_hand(first, second, tolerance), **EXACT)
    hits = [
        first[i] in second[max(i - tolerance, 0) : i + tolerance + 1]
        or second[i] in first[max(i - tolerance, 0) : i + tolerance + 1]
        for i in range(25)
    ]
    assert ours.observed == pytest.approx(np.mean(hits), **EXACT)


def test_a_tolerance_forgives_a_late_coder_but_not_chance() -> None:
    rng = np.random.default_rng(5)
    truth = np.repeat(rng.integers(0, 3, 60), 8)
    late = Codings(("A", "B"), ("x", "y", "z"), 0.1, {"p": np.stack([truth, np.roll(truth, 3)])})
    assert cohens_kappa(late).value < 0.7
    assert cohens_kappa(late, tolerance_s=0.3).value > 0.97
    alone = Codings(("A", "B"), ("x", "y", "z"), 0.1, {"p": np.stack([truth, np.repeat(rng.integers(0, 3, 60), 8)])})
    assert abs(cohens_kappa(alone, tolerance_s=0.3).value) < 0.15
    assert agreeing(alone.people["p"], 3).mean() > 0.45, "the share alone would look like agreement"


def test_people_are_resampled_not_units() -> None:
    of = codings()
    again = Codings(of.coders, of.codes, of.step_s, {name: np.tile(units, 9) for name, units in of.people.items()})
    once, often = cohens_kappa(of), cohens_kappa(again)
    assert (often.value, often.low, often.high) == pytest.approx((once.value, once.low, once.high))
    assert np.isnan(cohens_kappa(codings(people=4)).low), "four people are too few"


def test_one_code_alone_has_no_kappa() -> None:
    of = Codings(("A", "B"), ("x",), 1.0, {"p": np.zeros((2, 9), np.int64)})
    assert np.isnan(cohens_kappa(of).value)
    assert cohens_kappa(of).observed == 1
    assert np.isnan(codings_alpha(of).value)


def test_icc_of_shrout_and_fleiss() -> None:
    ours = {each.form: each for each in intraclass_correlations(SHROUT_FLEISS)}
    assert [round(ours[form].value, 2) for form in FORMS] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_icc_and_its_intervals_match_pingouin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.normal(0, 1, (15, 1)) + rng.normal(0, 0.4, (1, 3)) + rng.normal(0, 0.8, (15, 3))
    long = pd.DataFrame(table).stack().rename_axis(["target", "rater"]).rename("rating").reset_index()
    theirs = pingouin.intraclass_corr(long, "target", "rater", "rating")
    ours = intraclass_correlations(table)
    interval = next(column for column in theirs.columns if column.startswith("CI95"))
    assert [each.value for each in ours] == pytest.approx(theirs["ICC"].tolist(), **EXACT)
    # pingouin rounds its intervals to two digits.
    assert [each.low for each in ours] == pytest.approx([float(row[0]) for row in theirs[interval]], abs=0.006)
    assert [each.high for each in ours] == pytest.approx([float(row[1]) for row in theirs[interval]], abs=0.006)


def test_icc_with_resampled_people() -> None:
    rng = np.random.default_rng(4)
    people = np.repeat([f"p{number}" for number in range(30)], 5)
    table = np.repeat(rng.normal(0, 1, 30), 5)[:, None] + rng.normal(0, 0.7, (150, 2))
    resampled, plain = resampled_correlations(table, people), intraclass_correlations(table)
    assert [each.value for each in resampled] == pytest.approx([each.value for each in plain])
    wider = [r.high - r.low > p.high - p.low for r, p in zip(resampled, plain, strict=True)]
    assert all(wider), "seconds of one person are similar"


def test_identical_ratings_agree_perfectly() -> None:
    found = intraclass_correlations(np.tile(np.arange(6.0)[:, None], 3))
    assert [each.value for each in found] == pytest.approx([1.0] * 6)
    assert all(each.low == pytest.approx(1) and each.high == pytest.approx(1) for each in found)


def test_refusals_say_what_was_expected() -> None:
    of = codings()
    with pytest.raises(InputError, match="expected two coders; got 3"):
        cohens_kappa(codings(coders=3))
    with pytest.raises(InputError, match="expected at least two coders; got 1"):
        fleiss_kappa(codings(coders=1))
    with pytest.raises(InputError, match="expected units that all coders coded; got none"):
        cohens_kappa(Codings(of.coders, of.codes, 1.0, {"p": np.array([[0, -1], [-1, 1]])}))
    with pytest.raises(InputError, match="expected a tolerance of at least 0 s"):
        cohens_kappa(of, tolerance_s=-1)
    with pytest.raises(InputError, match="values of at least two coders"):
        krippendorff_alpha({"p": np.array([[1.0, NAN], [NAN, 1.0]])})
    with pytest.raises(InputError, match="expected targets × at least two raters"):
        intraclass_correlations(np.ones((5, 1)))
    with pytest.raises(InputError, match="at least two targets"):
        intraclass_correlations([[1.0, NAN], [2.0, 3.0]])
    with pytest.raises(InputError, match="expected a person for each target"):
        resampled_correlations(SHROUT_FLEISS, ["p"])
