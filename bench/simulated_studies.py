"""Simulates studies with known truth, and applies each test and each interval of ``emotion.studies`` to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator
from statsmodels.stats.power import TTestIndPower, TTestPower

from emotion.studies.agreement.alpha import codings_alpha
from emotion.studies.agreement.codings import Codings
from emotion.studies.agreement.icc import Icc, intraclass_correlations, resampled_correlations
from emotion.studies.agreement.kappa import Agreement, cohens_kappa, fleiss_kappa
from emotion.studies.statistics.clusters import ClusterTest, paired_clusters, unpaired_clusters
from emotion.studies.statistics.contrasts import Contrast, holm, paired_contrast, unpaired_contrast
from emotion.studies.statistics.curves import share_curve
from emotion.studies.statistics.mixed import mixed_model
from emotion.studies.statistics.mixed_results import MixedEffect
from emotion.studies.statistics.resampling import Values, mean_interval
from emotion.studies.statistics.synchrony import against_shifts, against_shuffled_pairs

PEOPLE = 20
"""Number of people in a paired study, and in each group of an unpaired one."""

SECONDS = 60
ALPHA = 0.05
_DRAWS = 999
_FEW: dict[str, Any] = {"resamples": 999}
_CODES = 4
_CATEGORY_SHARES = np.array([0.4, 0.3, 0.2, 0.1])


class Simulation(NamedTuple):
    """One row of the table.

    Attributes:
        what: What is simulated, in words.
        hit: Whether the test finds a difference, or the interval covers the truth, in one study.
        expected: The share of studies in which it should.
        margin: How far from it the share may be.
    """

    what: str
    hit: Callable[[Generator], bool]
    expected: float
    margin: float


def null_studies() -> list[Simulation]:
    """Return studies without any effect: each test should find one in 5% of them."""
    tests: dict[str, Callable[[Generator], float]] = {
        "paired permutation, 20 people, skewed values": lambda rng: _paired(rng, skewed=True).p,
        "unpaired permutation, 15 and 25 people, skewed values": lambda rng: _unpaired(rng, 15, 25, skewed=True).p,
        "unpaired permutation, 15 and 25 people, SD 2 and 1": lambda rng: _unpaired(rng, 15, 25, spread=2).p,
        "cluster permutation, paired, 20 people × 60 s": lambda rng: _least_p(_clusters(rng, paired=True)),
        "cluster permutation, unpaired, 20 and 20 people × 60 s": lambda rng: _least_p(_clusters(rng, paired=False)),
        "mixed model, within, 20 people × 2 conditions × 3 stimuli": lambda rng: _mixed(rng, within=True).p,
        "mixed model, between, 20 and 20 people × 3 stimuli": lambda rng: _mixed(rng, within=False).p,
        "Holm's correction, any of 5 paired contrasts": _family,
        "synchrony, 10 pairs against shuffled pairs": _shuffled,
        "synchrony, one pair of 60 s against its shifts": _shifted,
    }
    return [Simulation(what, partial(_found, test), ALPHA, 0.01) for what, test in tests.items()]


def covered_studies() -> list[Simulation]:
    """Return studies with a known truth: each interval should cover it in 95% of them."""
    kappa = _true_kappa()
    covered: dict[str, Callable[[Generator], bool]] = {
        "difference, paired": lambda rng: _within(_paired(rng, 0.3), 0.3),
        "difference, unpaired, SD 2 and 1": lambda rng: _within(_unpaired(rng, 15, 25, 0.5, spread=2), 0.5),
        "d_z": lambda rng: _effect_covers(_paired(rng, 0.6), 0, 0.6),
        "Cohen's d": lambda rng: _effect_covers(_unpaired(rng, 15, 25, 0.8), 0, 0.8),
        "Hedges' g": lambda rng: _effect_covers(_unpaired(rng, 15, 25, 0.8), 1, 0.8),
        "curve, mean of 20 resampled people": _mean_covers,
        "curve, share of 24 people over a threshold": _share_covers,
        "mixed model, within": lambda rng: _within(_mixed(rng, within=True, effect=0.4), 0.4),
        "mixed model, between": lambda rng: _within(_mixed(rng, within=False, effect=0.4), 0.4),
        "ICC(1,1), 20 targets × 4 raters": lambda rng: _icc_covers(rng, "ICC(1,1)", raters=0.0),
        "ICC(2,1), 20 targets × 4 raters": lambda rng: _icc_covers(rng, "ICC(2,1)", raters=0.5),
        "ICC(3,1), 20 targets × 4 raters": lambda rng: _icc_covers(rng, "ICC(3,1)", raters=0.5),
        "ICC(3,1), 30 resampled people × 4 targets": _resampled_icc_covers,
        "Cohen's κ, 24 resampled people": lambda rng: _within(cohens_kappa(_codings(rng, 2), **_FEW), kappa),
        "Fleiss' κ, 24 resampled people": lambda rng: _within(fleiss_kappa(_codings(rng, 3), **_FEW), kappa),
        "Krippendorff's α, 24 resampled people": lambda rng: _within(codings_alpha(_codings(rng, 3), **_FEW), kappa),
    }
    return [Simulation(what, hit, 0.95, 0.015) for what, hit in covered.items()]


def powered_studies() -> list[Simulation]:
    """Return studies with a known effect: each test should find it as often as theory says.

    A cluster test has the power of the t test if each person's curve is constant. A mixed model of a balanced design
    has that of the t test of people's means.
    """
    paired, unpaired = (_theory(d, paired=kind) for d, kind in ((0.6, True), (0.8, False)))
    within, between = _theory(_mixed_effect(0.4, True), paired=True), _theory(_mixed_effect(0.7, False), paired=False)
    tests: dict[str, tuple[Callable[[Generator], float], float]] = {
        "paired permutation, 20 people, d_z = 0.6": (lambda rng: _paired(rng, 0.6).p, paired),
        "unpaired permutation, 20 and 20 people, d = 0.8": (lambda rng: _unpaired(rng, 20, 20, 0.8).p, unpaired),
        "cluster permutation, paired, constant curves, d_z = 0.6": (lambda rng: _constant(rng, True), paired),
        "cluster permutation, unpaired, constant curves, d = 0.8": (lambda rng: _constant(rng, False), unpaired),
        "mixed model, within, 20 people × 2 × 3": (lambda rng: _mixed(rng, within=True, effect=0.4).p, within),
        "mixed model, between, 20 and 20 people × 3": (lambda rng: _mixed(rng, within=False, effect=0.7).p, between),
    }
    return [Simulation(what, partial(_found, test), expected, 0.03) for what, (test, expected) in tests.items()]


def _found(test: Callable[[Generator], float], rng: Generator) -> bool:
    return test(rng) <= ALPHA


def _theory(d: float, *, paired: bool) -> float:
    power = TTestPower() if paired else TTestIndPower()
    return float(power.power(d, PEOPLE, ALPHA))


def _seed(rng: Generator) -> int:
    return int(rng.integers(2**31))


def _paired(rng: Generator, effect: float = 0.0, *, skewed: bool = False) -> Contrast:
    """Return a contrast of 20 people, whose differences have an SD of 1."""
    values = rng.gamma(1.0, 1.0, (2, PEOPLE)) if skewed else rng.normal(0, np.sqrt(0.5), (2, PEOPLE))
    return paired_contrast(values[0] + effect, values[1], permutations=_DRAWS, seed=_seed(rng))


def _unpaired(
    rng: Generator, n: int, m: int, effect: float = 0.0, *, skewed: bool = False, spread: float = 1.0
) -> Contrast:
    if skewed:
        a, b = rng.gamma(1.0, 1.0, n), rng.gamma(1.0, 1.0, m)
    else:
        a, b = rng.normal(0, spread, n), rng.normal(0, 1, m)
    return unpaired_contrast(a + effect, b, permutations=_DRAWS, seed=_seed(rng))


def _curves(rng: Generator, people: int) -> Values:
    """Return curves that go up and down over a few seconds, around each person's own level."""
    noise = rng.normal(0, 1, (people, SECONDS + 4))
    smooth = np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).mean(axis=2)
    return np.asarray(smooth + rng.normal(0, 0.3, (people, 1)))


def _clusters(rng: Generator, *, paired: bool) -> ClusterTest:
    compare = paired_clusters if paired else unpaired_clusters
    a, b = _curves(rng, PEOPLE), _curves(rng, PEOPLE)
    return compare(a, b, np.arange(float(SECONDS)), permutations=_DRAWS, seed=_seed(rng))


def _constant(rng: Generator, paired: bool) -> float:
    spread, effect = (np.sqrt(0.5), 0.6) if paired else (1.0, 0.8)
    a, b = (np.tile(rng.normal(0, spread, (PEOPLE, 1)), 10) for _ in range(2))
    compare = paired_clusters if paired else unpaired_clusters
    return _least_p(compare(a + effect, b, np.arange(10.0), permutations=_DRAWS, seed=_seed(rng)))


def _least_p(test: ClusterTest) -> float:
    return min((cluster.p for cluster in test.clusters), default=1.0)


_PERSON, _CELL, _ROW = 0.6, 0.4, 0.5
"""Standard deviations of people, of their responses to conditions, and of single rows."""


def _mixed_effect(effect: float, within: bool) -> float:
    """Return the standardised effect of people's means over 3 stimuli."""
    row = _ROW**2 / 3
    return effect / float(np.sqrt(2 * (_CELL**2 + row) if within else _PERSON**2 + row))


def _mixed(rng: Generator, *, within: bool, effect: float = 0.0) -> MixedEffect:
    people = PEOPLE if within else 2 * PEOPLE
    levels = 2 if within else 1
    index = np.indices((people, levels, 3)).reshape(3, -1)
    treated = index[1] if within else (index[0] >= PEOPLE).astype(int)
    value = rng.normal(0, _PERSON, people)[index[0]] + rng.normal(0, _ROW, index.shape[1]) + effect * treated
    if within:
        value += rng.normal(0, _CELL, (people, levels))[index[0], index[1]]
    table = pd.DataFrame({"participant": index[0], "group": treated, "joy": value})
    return mixed_model(table, "joy", within="group" if within else None, between=None if within else "group").effects[0]


def _family(rng: Generator) -> float:
    return float(holm([_paired(rng).p for _ in range(5)]).min())


def _shuffled(rng: Generator) -> float:
    return against_shuffled_pairs(_curves(rng, 10), _curves(rng, 10), permutations=_DRAWS, seed=_seed(rng)).p


def _shifted(rng: Generator) -> float:
    first, second = _curves(rng, 2)
    return against_shifts(first, second).p


def _within(found: Contrast | MixedEffect | Agreement | Icc, truth: float) -> bool:
    return found.low <= truth <= found.high


def _effect_covers(found: Contrast, number: int, truth: float) -> bool:
    effect = found.effects[number]
    return effect.low <= truth <= effect.high


def _mean_covers(rng: Generator) -> bool:
    _, low, high = mean_interval(rng.beta(2, 5, (PEOPLE, 1)), **_FEW, seed=_seed(rng))
    return bool(low[0] <= 2 / 7 <= high[0])


def _share_covers(rng: Generator) -> bool:
    share = rng.uniform(0.1, 0.9)
    table = pd.DataFrame({"participant": range(24), "second": 0, "joy": rng.random(24) < share})
    row = share_curve(table.astype({"joy": float}), "joy", 0.5, by=None).iloc[0]
    return bool(row["low"] <= share <= row["high"])


def _icc_covers(rng: Generator, form: str, raters: float) -> bool:
    """Ratings with SD 1 between targets, ``raters`` between raters and 1 of the rest."""
    ratings = rng.normal(0, 1, (20, 1)) + rng.normal(0, raters, (1, 4)) + rng.normal(0, 1, (20, 4))
    truth = 1 / (2 + (raters**2 if form == "ICC(2,1)" else 0))
    return _within(next(each for each in intraclass_correlations(ratings) if each.form == form), truth)


def _resampled_icc_covers(rng: Generator) -> bool:
    people = np.repeat(np.arange(30), 4)
    targets = rng.normal(0, 0.7, 30)[people] + rng.normal(0, np.sqrt(1 - 0.49), 120)
    ratings = targets[:, None] + rng.normal(0, 1, (120, 2))
    found = resampled_correlations(ratings, people.astype(str).tolist(), **_FEW)
    return _within(next(each for each in found if each.form == "ICC(3,1)"), 0.5)


_SKILLS = np.array([0.65, 0.9])
"""Share of units in which a coder sees a person's true code; elsewhere any code."""


def _codings(rng: Generator, coders: int) -> Codings:
    """Return codings of 24 people, who differ in what they show and in how easily it is seen."""
    people = {}
    for number in range(24):
        truth = rng.choice(_CODES, 40, p=rng.dirichlet(8 * _CATEGORY_SHARES))
        seen = rng.random((coders, 40)) < rng.choice(_SKILLS)
        people[f"p{number}"] = np.where(seen, truth, rng.integers(0, _CODES, (coders, 40)))
    return Codings(tuple("ABC"[:coders]), tuple("wxyz"), 1.0, people)


def _true_kappa() -> float:
    """Return the κ that an unlimited number of codings has; α and Fleiss' κ equal it, because all coders are alike."""
    same = _SKILLS + (1 - _SKILLS) / _CODES
    other = (1 - _SKILLS) / _CODES
    observed = float((same**2 + (_CODES - 1) * other**2).mean())
    shares = _SKILLS.mean() * _CATEGORY_SHARES + (1 - _SKILLS.mean()) / _CODES
    expected = float((shares**2).sum())
    return (observed - expected) / (1 - expected)
