"""Standardised effect sizes with exact intervals: Cohen's d and d_z, and Hedges' g."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, nctdtrinc

from emotion.studies.statistics.resampling import LEVEL


@dataclass(frozen=True)
class EffectSize:
    """A standardised difference.

    Attributes:
        name: ``d`` (Cohen's, pooled standard deviation), ``d_z`` (mean ÷ standard deviation of the differences of
            pairs), ``g`` or ``g_z`` (the same without their bias in small samples).
        value: The estimate in standard deviations; NaN if nothing varies.
        low: Lower limit of its interval.
        high: Upper limit.
    """

    name: str
    value: float
    low: float
    high: float


def paired_effects(differences: ArrayLike, level: float = LEVEL) -> tuple[EffectSize, EffectSize]:
    """Return d_z and g_z of the differences of pairs.

    Args:
        differences: ``(n,)`` first − second of each person.
        level: Coverage of the intervals.
    """
    values = np.asarray(differences, np.float64)
    n, deviation = len(values), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    value = float(values.mean()) / deviation if deviation > 0 else np.nan
    return _with_intervals(("d_z", "g_z"), value, n - 1, np.sqrt(n), level)


def unpaired_effects(a: ArrayLike, b: ArrayLike, level: float = LEVEL) -> tuple[EffectSize, EffectSize]:
    """Return Cohen's d and Hedges' g of two groups.

    Args:
        a: ``(n,)`` values of the first group, a person each.
        b: ``(m,)`` values of the second.
        level: Coverage of the intervals.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    n, m = len(first), len(second)
    squares = float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum())
    deviation = np.sqrt(squares / (n + m - 2)) if n + m > 2 else 0.0
    value = float(first.mean() - second.mean()) / deviation if deviation > 0 else np.nan
    return _with_intervals(("d", "g"), value, n + m - 2, np.sqrt(n * m / (n + m)), level)


def small_sample_factor(df: float) -> float:
    """Return J, which removes the bias of d (Hedges 1981, equation 6e).

    Args:
        df: Degrees of freedom of the standard deviation; at least 2, otherwise J is NaN.
    """
    if df < 2:
        return float("nan")
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) * np.sqrt(2 / df))


def noncentrality_interval(t: float, df: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the noncentrality of a t statistic (Steiger and Fouladi 1997).

    Its limits are the noncentralities for which the observed t is the upper and the lower end of what happens.
    """
    if not np.isfinite(t) or df < 1:
        return float("nan"), float("nan")
    low, high = nctdtrinc(df, [(1 + level) / 2, (1 - level) / 2], t)
    return float(low), float(high)


def _with_intervals(
    names: tuple[str, str], value: float, df: float, scale: float, level: float
) -> tuple[EffectSize, EffectSize]:
    """Return an effect and the same without bias. Noncentrality = effect × scale."""
    low, high = (limit / scale for limit in noncentrality_interval(value * scale, df, level))
    factor = small_sample_factor(df)
    return EffectSize(names[0], value, low, high), EffectSize(names[1], *(x * factor for x in (value, low, high)))
