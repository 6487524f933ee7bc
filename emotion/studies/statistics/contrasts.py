"""Differences between two conditions, within or between people: interval, permutation test and effect size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from emotion.errors import InputError
from emotion.studies.statistics.effects import EffectSize, paired_effects, unpaired_effects
from emotion.studies.statistics.permutation import (
    PERMUTATIONS,
    group_labels,
    p_value,
    paired_t,
    sign_flips,
    two_sample_t,
)
from emotion.studies.statistics.resampling import LEVEL, Values
from emotion.studies.statistics.tables import expect_people, pairs_of, people_means


@dataclass(frozen=True)
class Contrast:
    """A difference of a measure between the conditions ``a`` and ``b``.

    Attributes:
        measure: What is compared.
        a: Name of the first condition or group.
        b: Name of the second.
        paired: Whether the same people were in both.
        n_a: People in ``a``; of a paired contrast, people in both.
        n_b: People in ``b``.
        mean_a: Mean across people in ``a``.
        mean_b: Mean across people in ``b``.
        difference: ``mean_a − mean_b``.
        low: Lower limit of its interval (Student's for pairs, Welch's otherwise).
        high: Upper limit.
        t: Student's t of pairs, Welch's t otherwise; the statistic that is permuted.
        df: Its degrees of freedom, which the interval uses.
        p: Two-sided p-value of the permutation test.
        permutations: Permutations that p comes from.
        exact: Whether these were all of them.
        effects: Cohen's d and Hedges' g; of pairs d_z and g_z.
        p_holm: p after Holm's correction over the contrasts it was computed with; None for one by itself.
        left_out: People who were dropped because they have no value in one of the conditions.
        level: Coverage of the intervals.
    """

    measure: str
    a: str
    b: str
    paired: bool
    n_a: int
    n_b: int
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    t: float
    df: float
    p: float
    permutations: int
    exact: bool
    effects: tuple[EffectSize, EffectSize]
    p_holm: float | None = None
    left_out: int = 0
    level: float = LEVEL

    @property
    def smallest_p(self) -> float:
        """The smallest p-value that so many people can give, before Holm's correction.

        Of pairs, ``permutations`` counts flips of all signs once. Groups of equal size can swap all their people, which
        leaves |t| as it is.
        """
        mirrored = self.exact and not self.paired and self.n_a == self.n_b
        return (2 if mirrored else 1) / self.permutations


def paired_contrast(
    a: ArrayLike,
    b: ArrayLike,
    *,
    measure: str = "value",
    names: tuple[str, str] = ("A", "B"),
    level: float = LEVEL,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Contrast:
    """Compare two conditions of the same people, by flipping the signs of their differences (Fisher 1935).

    Assumes that under the null hypothesis each person's difference is as likely to be negative as positive.

    Args:
        a: ``(n,)`` values of the people in the first condition.
        b: ``(n,)`` values of the same people in the second. A person with a NaN in either is left out.
        measure: Name of the measure.
        names: Names of the conditions.
        level: Coverage of the intervals.
        permutations: Largest number of sign flips; all are used if they are fewer.
        seed: Seed of the sign flips.

    Raises:
        InputError: The lengths differ, or fewer than two people have both values.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise InputError(f"expected two values of each person; got {first.shape} and {second.shape} values")
    known = np.isfinite(first) & np.isfinite(second)
    n = int(known.sum())
    expect_people(n, f"with values in both {names[0]} and {names[1]}")
    first, second = first[known], second[known]
    differences = (first - second)[:, None]
    flips = sign_flips(n, permutations, seed)
    t = paired_t(differences, flips.rows)[:, 0]
    error = float(differences.std(ddof=1)) / np.sqrt(n)
    return _contrast(
        (measure, *names), True, (first, second), float(t[0]), n - 1, error, level, float(p_value(t)), len(flips),
        flips.exact, paired_effects(differences[:, 0], level), int((~known).sum()),
    )  # fmt: skip


def unpaired_contrast(
    a: ArrayLike,
    b: ArrayLike,
    *,
    measure: str = "value",
    names: tuple[str, str] = ("A", "B"),
    level: float = LEVEL,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Contrast:
    """Compare two groups of people, by permuting who belongs to which, with Welch's t as the statistic.

    Exact if both groups have the same distribution under the null hypothesis. With Welch's t it also holds for large
    groups with equal means and different variances (Janssen 1997).

    Args:
        a: ``(n,)`` values of the first group, a person each. NaN are left out.
        b: ``(m,)`` values of the second.
        measure: Name of the measure.
        names: Names of the groups.
        level: Coverage of the intervals.
        permutations: Largest number of permutations; all are used if they are fewer.
        seed: Seed of the permutations.

    Raises:
        InputError: A group has fewer than two people.
    """
    groups = [np.asarray(values, np.float64).ravel() for values in (a, b)]
    first, second = (values[np.isfinite(values)] for values in groups)
    for values, name in ((first, names[0]), (second, names[1])):
        expect_people(len(values), f"in {name}")
    labels = group_labels(len(first), len(second), permutations, seed)
    t = two_sample_t(np.concatenate([first, second])[:, None], labels.rows, equal_variances=False)[:, 0]
    error, df = _welch(first, second)
    left_out = sum(len(values) for values in groups) - len(first) - len(second)
    return _contrast(
        (measure, *names), False, (first, second), float(t[0]), df, error, level, float(p_value(t)), len(labels),
        labels.exact, unpaired_effects(first, second, level), left_out,
    )  # fmt: skip


def contrasts(
    table: pd.DataFrame,
    measures: Sequence[str],
    *,
    by: str,
    levels: Sequence[tuple[str, str]],
    paired: bool,
    level: float = LEVEL,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> list[Contrast]:
    """Compare pairs of conditions on several measures, with Holm's correction over all of them.

    Each person's rows of a condition are averaged first, so that people, not rows, are the unit.

    Args:
        table: Long table, such as participant × condition × stimulus or second.
        measures: Columns to compare.
        by: Column with the conditions or groups.
        levels: Pairs of conditions, each compared on every measure.
        paired: Whether the same people were in both conditions of a pair; those in one only are left out.
        level: Coverage of the intervals.
        permutations: Largest number of permutations of each test.
        seed: Seed of the permutations.

    Returns:
        One contrast per pair and measure, in that order.

    Raises:
        InputError: A column or condition is missing, too few people are left, or groups share people.
    """
    compare = paired_contrast if paired else unpaired_contrast
    means = people_means(table, measures, by=by)
    found = []
    for names in levels:
        for measure in measures:
            a, b = pairs_of(means, measure, by, names, paired=paired)
            found.append(compare(a, b, measure=measure, names=names, level=level, permutations=permutations, seed=seed))
    corrected = holm([each.p for each in found])
    return [replace(each, p_holm=float(p)) for each, p in zip(found, corrected, strict=True)]


def holm(p: ArrayLike) -> Values:
    """Return p-values after Holm's correction (Holm 1979), in the order given; NaN are left out of the count."""
    values = np.asarray(p, np.float64)
    corrected, order = values.copy(), np.argsort(values)  # NaN come last
    count = int(np.isfinite(values).sum())
    ranked = order[:count]
    stepped = np.maximum.accumulate(values[ranked] * np.arange(count, 0, -1))
    corrected[ranked] = np.minimum(stepped, 1.0)
    return corrected


def _contrast(
    names: tuple[str, str, str],
    paired: bool,
    values: tuple[Values, Values],
    t: float,
    df: float,
    error: float,
    level: float,
    p: float,
    permutations: int,
    exact: bool,
    effects: tuple[EffectSize, EffectSize],
    left_out: int,
) -> Contrast:
    first, second = values
    means = float(first.mean()), float(second.mean())
    difference = means[0] - means[1]
    half = float(stdtrit(df, (1 + level) / 2)) * error if error > 0 else 0.0
    return Contrast(
        *names, paired, len(first), len(second), *means, difference, difference - half, difference + half, t, df, p,
        permutations, exact, effects, left_out=left_out, level=level,
    )  # fmt: skip


def _welch(a: Values, b: Values) -> tuple[float, float]:
    """Return the standard error of a difference of means, and Welch's degrees of freedom (Welch 1947)."""
    parts = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    total = sum(parts)
    if total == 0:
        return 0.0, float(len(a) + len(b) - 2)
    return float(np.sqrt(total)), total**2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
