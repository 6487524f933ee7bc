"""Bootstrap intervals over people: people are resampled, never their frames or seconds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

Values = NDArray[np.float64]
"""Floating-point numbers; each function says their shape."""

LEVEL = 0.95
"""Coverage of every interval unless another is asked for."""

RESAMPLES = 2000
"""Resamples of a bootstrap unless another number is asked for."""

MIN_PEOPLE = 5
"""With fewer people, no bootstrap interval is computed, as it would be unreliable."""


@lru_cache(maxsize=1)  # the curves of all conditions usually have the same people
def people_weights(people: int, resamples: int = RESAMPLES, seed: int = 0) -> Values:
    """Return how often each resample draws each person.

    Args:
        people: Number of people, at least 1.
        resamples: Number of resamples, each of ``people`` people with replacement.
        seed: Seed of the resampling.

    Returns:
        ``(resamples, people)`` counts, read-only; each row sums to ``people``.
    """
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(people, np.full(people, 1 / people), size=resamples).astype(np.float64)
    weights.flags.writeable = False
    return weights


def interval_of(draws: ArrayLike, people: int, level: float = LEVEL) -> tuple[Values, Values]:
    """Return the expanded percentile interval of a bootstrap (Hesterberg 2015, section 5.4).

    The plain percentile interval is too narrow for few people. This one takes wider percentiles, so that the interval
    of a mean is about as wide as Student's.

    Args:
        draws: ``(resamples, …)`` figures of the resamples; NaN where a resample has none.
        people: Number of people that were resampled.
        level: Coverage.

    Returns:
        Lower and upper limits, each ``(…)``; NaN with fewer than :data:`MIN_PEOPLE` people, and where most resamples
        have no figure.
    """
    values = np.asarray(draws, np.float64)
    unknown = np.full(values.shape[1:], np.nan)
    if people < MIN_PEOPLE:
        return unknown, unknown.copy()
    tail = ndtr(-np.sqrt(people / (people - 1)) * stdtrit(people - 1, (1 + level) / 2))
    usable = np.isfinite(values).mean(axis=0) > 0.5
    if not usable.any():
        return unknown, unknown.copy()
    kept = values[:, usable]
    quantile = np.nanquantile if np.isnan(kept).any() else np.quantile  # many times as fast
    limits = quantile(kept, [tail, 1 - tail], axis=0)
    low, high = unknown, unknown.copy()
    low[usable], high[usable] = limits
    return low, high


def mean_interval(
    values: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Values, Values, Values]:
    """Return the mean across people at each moment, with a bootstrap interval over people.

    One resample of people serves all moments.

    Args:
        values: ``(people, moments)``; NaN where a person has no value.
        level: Coverage of the interval at each moment by itself.
        resamples: Number of resamples.
        seed: Seed of the resampling.

    Returns:
        Mean, lower and upper limit, each ``(moments,)``. The mean is NaN where nobody has a value, the limits with
        fewer than :data:`MIN_PEOPLE` people.
    """
    table = np.asarray(values, np.float64)
    known = np.isfinite(table)
    counts, filled = known.sum(axis=0), np.where(known, table, 0.0)
    weights = people_weights(len(table), resamples, seed)
    drawn = len(table) if known.all() else weights @ known
    with np.errstate(invalid="ignore"):
        mean = filled.sum(axis=0) / counts
        draws = (weights @ filled) / drawn
    low, high = np.full(len(mean), np.nan), np.full(len(mean), np.nan)
    for people in np.unique(counts):
        at = counts == people
        low[at], high[at] = interval_of(draws[:, at], int(people), level)
    return mean, low, high
