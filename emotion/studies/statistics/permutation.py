"""Random sign flips and random groups, the t statistics of all of them at once, and p-values."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.studies.statistics.resampling import Values

PERMUTATIONS = 9999
"""Permutations that are drawn unless all of them are fewer."""

_ROUNDING = 1e-9
"""Statistics that differ by less, relative to the larger, count as equal."""


@dataclass(frozen=True)
class Permutations:
    """Permutations of the data; the first row is the data as observed.

    Attributes:
        rows: ``(permutations, people)``; signs −1 and 1, or 1 for members of the first group and 0 for others.
        exact: Whether these are all distinct permutations, not a random sample.
    """

    rows: Values
    exact: bool

    def __len__(self) -> int:
        return len(self.rows)


def sign_flips(people: int, permutations: int = PERMUTATIONS, seed: int = 0) -> Permutations:
    """Return signs for the differences of ``people`` people: one half of all sign flips, or a random sample.

    Reversing all signs does not change the statistic of a two-sided test, so the other half is not needed.

    Args:
        people: Number of differences, at least 1.
        permutations: Largest number of rows beside the observed one.
        seed: Seed of a random sample.
    """
    if people <= 62 and 2 ** (people - 1) <= permutations + 1:
        bits = np.arange(2 ** (people - 1))[:, None] >> np.arange(people)
        return Permutations(np.asarray(1.0 - 2.0 * (bits & 1), np.float64), exact=True)
    drawn = np.random.default_rng(seed).integers(0, 2, (permutations, people))
    return Permutations(np.vstack([np.ones(people), 1.0 - 2.0 * drawn]), exact=False)


def group_labels(a: int, b: int, permutations: int = PERMUTATIONS, seed: int = 0) -> Permutations:
    """Return memberships of the first group: all ways to choose ``a`` of ``a + b`` people, or a random sample.

    Args:
        a: Number of people in the first group, whose rows come first.
        b: Number of people in the second group.
        permutations: Largest number of rows beside the observed one.
        seed: Seed of a random sample.
    """
    people = a + b
    if math.comb(people, a) <= permutations + 1:
        chosen = np.array(list(itertools.combinations(range(people), a)), np.intp).reshape(-1, a)
        rows = np.zeros((len(chosen), people))
        np.put_along_axis(rows, chosen, 1.0, axis=1)
        return Permutations(rows, exact=True)
    order = np.random.default_rng(seed).random((permutations, people)).argsort(axis=1)
    observed = (np.arange(people) < a)[None]
    return Permutations(np.vstack([observed, order < a]).astype(np.float64), exact=False)


def paired_t(differences: Values, signs: Values) -> Values:
    """Return Student's t of the mean difference for each row of signs.

    Args:
        differences: ``(people, moments)``; NaN where a person has none.
        signs: ``(permutations, people)`` of −1 and 1.

    Returns:
        ``(permutations, moments)``; 0 where all differences are 0, infinite where they are equal otherwise, NaN with
        fewer than two people.
    """
    known = np.isfinite(differences)
    counts, filled = known.sum(axis=0), np.where(known, differences, 0.0)
    squares = (filled**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (signs @ filled) / counts
        spread = np.where(counts > 1, squares - counts * mean**2, np.nan)
        return _ratio(mean, _without_rounding_errors(spread, squares) / (counts - 1) / counts)


def two_sample_t(values: Values, members: Values, *, equal_variances: bool) -> Values:
    """Return the t statistic of the difference of two groups' means for each row of memberships.

    Args:
        values: ``(people, moments)``; NaN where a person has none.
        members: ``(permutations, people)``, 1 for members of the first group and 0 for others.
        equal_variances: Student's t with pooled variance; otherwise Welch's.

    Returns:
        ``(permutations, moments)``, as :func:`paired_t` otherwise.
    """
    known = np.isfinite(values)
    filled = _centred(values, known)
    sides = [_moments(filled, known.astype(np.float64), rows) for rows in (members, 1.0 - members)]
    (n_a, mean_a, spread_a), (n_b, mean_b, spread_b) = sides
    with np.errstate(invalid="ignore", divide="ignore"):
        if equal_variances:
            variance = (spread_a + spread_b) / (n_a + n_b - 2) * (1 / n_a + 1 / n_b)
        else:
            variance = spread_a / (n_a - 1) / n_a + spread_b / (n_b - 1) / n_b
        return _ratio(mean_a - mean_b, variance)


def p_value(statistics: Values) -> Values:
    """Return the two-sided p-value of row 0, the observed one: the share of rows at least as far from 0.

    The observed row counts itself, so that p is never 0 and the test is valid (Phipson and Smyth 2010).

    Args:
        statistics: ``(permutations, …)``.

    Returns:
        ``(…)``, 0–1; NaN where the observed statistic is.
    """
    sizes = np.abs(statistics)
    reached = (sizes >= sizes[0] * (1 - _ROUNDING)).mean(axis=0)
    return np.asarray(np.where(np.isnan(sizes[0]), np.nan, reached))


def _centred(values: Values, known: NDArray[np.bool_]) -> Values:
    """Return values minus the mean of their moment, 0 where unknown; a sum of large squares would lose digits."""
    filled = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore"):
        centred = np.where(known, values - filled.sum(axis=0) / known.sum(axis=0), 0.0)
    return np.where(np.abs(centred) <= 1e-13 * np.abs(filled).max(axis=0, initial=0.0), 0.0, centred)


def _moments(filled: Values, known: Values, members: Values) -> tuple[Values, Values, Values]:
    """Return count, mean and sum of squared deviations of the members, each ``(permutations, moments)``."""
    counts = members @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (members @ filled) / counts
        spread = np.where(counts > 1, members @ filled**2 - counts * mean**2, np.nan)
    return counts, mean, _without_rounding_errors(spread, (filled**2).sum(axis=0))


def _without_rounding_errors(spread: Values, scale: Values) -> Values:
    """Return sums of squares, with those within rounding error of 0 set to 0."""
    return np.where(spread <= 1e-13 * scale, 0.0, spread)


def _ratio(difference: Values, variance: Values) -> Values:
    """Return difference ÷ standard error; 0 for 0 ÷ 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        t = difference / np.sqrt(variance)
    return np.where((variance == 0) & (difference == 0), 0.0, t)
