"""Intraclass correlations of numeric ratings: all six forms of Shrout and Fleiss (1979)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import f as f_distribution

from emotion.errors import InputError
from emotion.studies.statistics.resampling import LEVEL, RESAMPLES, Values, interval_of, people_weights

FORMS = {
    "ICC(1,1)": "one-way random effects (different raters for each target); single rating",
    "ICC(2,1)": "two-way random effects (random raters, the same for all targets), absolute agreement; single rating",
    "ICC(3,1)": "two-way mixed effects (these raters only), consistency; single rating",
    "ICC(1,k)": "one-way random effects (different raters for each target); mean of ratings",
    "ICC(2,k)": "two-way random effects (random raters, the same for all targets), absolute agreement; mean of ratings",
    "ICC(3,k)": "two-way mixed effects (these raters only), consistency; mean of ratings",
}
"""Form → its model and definition, and whether it is the reliability of a single rating or of a mean."""


@dataclass(frozen=True)
class Icc:
    """One intraclass correlation.

    Attributes:
        form: A key of :data:`FORMS`.
        value: The coefficient, at most 1.
        low: Lower limit of its interval.
        high: Upper limit.
        targets: Number of targets that all raters rated.
        raters: Number of raters.
    """

    form: str
    value: float
    low: float
    high: float
    targets: int
    raters: int


def intraclass_correlations(ratings: ArrayLike, level: float = LEVEL) -> list[Icc]:
    """Return all six forms with their intervals from F (Shrout and Fleiss 1979; McGraw and Wong 1996).

    The intervals assume independent targets. If targets are seconds or clips of the same people, use
    :func:`resampled_correlations`.

    Args:
        ratings: ``(targets, raters)``; a target that a rater left out (NaN) is dropped.
        level: Coverage of the intervals.

    Raises:
        InputError: There are fewer than two raters, or two complete targets.
    """
    table = _complete(ratings)
    n, k = table.shape
    squares = _mean_squares(_sums(table)[None])
    values = _forms(*squares, np.array([n]), k)[:, 0]
    bms, wms, jms, ems = (float(each[0]) for each in squares)
    limits = _f_limits(bms, wms, jms, ems, n, k, level)
    return [Icc(form, float(value), *limit, n, k) for form, value, limit in zip(FORMS, values, limits, strict=True)]


def resampled_correlations(
    ratings: ArrayLike,
    people: Sequence[str],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Icc]:
    """Return all six forms with intervals over resampled people, of targets that are not independent.

    Args:
        ratings: ``(targets, raters)``; a target that a rater left out (NaN) is dropped.
        people: ``(targets,)`` the person of each target.
        level: Coverage of the intervals.
        resamples: Resamples of people.
        seed: Seed of the resampling.

    Raises:
        InputError: As :func:`intraclass_correlations`, or lengths differ.
    """
    given = np.asarray(ratings, np.float64)
    if len(people) != len(given):
        raise InputError(f"expected a person for each target; got {len(people)} for {len(given)}")
    table = _complete(given)
    names = np.asarray(people)[np.isfinite(given).all(axis=1)]
    k, found = table.shape[1], np.unique(names)
    sums = np.stack([_sums(table[names == name]) for name in found])
    draws = people_weights(len(found), resamples, seed) @ sums
    values = _forms(*_mean_squares(sums.sum(axis=0)[None]), np.array([len(table)]), k)[:, 0]
    low, high = interval_of(_forms(*_mean_squares(draws), draws[:, 0], k).T, len(found), level)
    rows = zip(FORMS, values, low, high, strict=True)
    return [Icc(form, float(value), float(a), float(b), len(table), k) for form, value, a, b in rows]


def _complete(ratings: ArrayLike) -> Values:
    table = np.asarray(ratings, np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError(f"expected targets × at least two raters; got {table.shape}")
    complete = table[np.isfinite(table).all(axis=1)]
    if len(complete) < 2:
        raise InputError(f"expected at least two targets that all raters rated; got {len(complete)}")
    return complete - complete.mean()


def _sums(table: Values) -> Values:
    """Return figures that add up over people: targets, sum of squares, squared row sums, and each rater's sum."""
    return np.array([len(table), (table**2).sum(), (table.sum(axis=1) ** 2).sum(), *table.sum(axis=0)])


def _mean_squares(sums: Values) -> tuple[Values, Values, Values, Values]:
    """Return mean squares between and within targets, between raters and of the error, ``(resamples,)`` each."""
    n, squares, rows, raters = sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3:]
    k = raters.shape[1]
    overall = raters.sum(axis=1) ** 2 / (n * k)
    between, columns = rows / k - overall, (raters**2).sum(axis=1) / n - overall
    within = squares - rows / k
    with np.errstate(invalid="ignore", divide="ignore"):
        error = (within - columns) / ((n - 1) * (k - 1))
        return between / (n - 1), within / (n * (k - 1)), columns / (k - 1), error


def _forms(bms: Values, wms: Values, jms: Values, ems: Values, n: Values, k: int) -> Values:
    """Return the six coefficients, ``(6, resamples)`` (Shrout and Fleiss 1979, pp. 423–426)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [
                (bms - wms) / (bms + (k - 1) * wms),
                (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n),
                (bms - ems) / (bms + (k - 1) * ems),
                (bms - wms) / bms,
                (bms - ems) / (bms + (jms - ems) / n),
                (bms - ems) / bms,
            ]
        )


def _f_limits(
    bms: float, wms: float, jms: float, ems: float, n: int, k: int, level: float
) -> list[tuple[float, float]]:
    """Return the intervals of the six forms (Shrout and Fleiss 1979, pp. 424–426)."""
    tail = (1 + level) / 2
    one = _ratio_limits(bms, wms, n - 1, n * (k - 1), tail)
    three = _ratio_limits(bms, ems, n - 1, (n - 1) * (k - 1), tail)
    two = _absolute_limits(bms, jms, ems, n, k, tail)
    singles = [_single(*one, k), two, _single(*three, k)]
    return [*singles, *(_averaged(*each, k) for each in singles)]


def _ratio_limits(bms: float, error: float, df: int, error_df: int, tail: float) -> tuple[float, float]:
    """Return the limits of F."""
    if error <= 0:
        return float("inf"), float("inf")
    f = bms / error
    return f / float(f_distribution.ppf(tail, df, error_df)), f * float(f_distribution.ppf(tail, error_df, df))


def _single(low: float, high: float, k: int) -> tuple[float, float]:
    return tuple(1.0 if np.isinf(f) else (f - 1) / (f + k - 1) for f in (low, high))  # type: ignore[return-value]


def _averaged(low: float, high: float, k: int) -> tuple[float, float]:
    """Return the limits of the mean of k ratings (Spearman and Brown)."""
    return tuple(k * each / (1 + (k - 1) * each) for each in (low, high))  # type: ignore[return-value]


def _absolute_limits(bms: float, jms: float, ems: float, n: int, k: int, tail: float) -> tuple[float, float]:
    """Return the limits of ICC(2,1), with Satterthwaite's degrees of freedom."""
    if ems <= 0 and jms <= 0:
        return 1.0, 1.0
    icc = (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n)
    f_j = jms / ems if ems > 0 else np.inf
    if np.isinf(f_j):
        return float("nan"), float("nan")
    weight = n * (1 + (k - 1) * icc) - k * icc
    df = (k - 1) * (n - 1) * (k * icc * f_j + weight) ** 2 / ((n - 1) * k**2 * icc**2 * f_j**2 + weight**2)
    f_low, f_high = float(f_distribution.ppf(tail, n - 1, df)), float(f_distribution.ppf(tail, df, n - 1))
    noise = k * jms + (k * n - k - n) * ems
    return n * (bms - f_low * ems) / (f_low * noise + n * bms), n * (f_high * bms - ems) / (noise + n * f_high * bms)
