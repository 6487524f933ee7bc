"""Cluster permutation tests over time, within and between people (Maris and Oostenveld 2007)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from emotion.errors import InputError
from emotion.studies.statistics.permutation import PERMUTATIONS, group_labels, paired_t, sign_flips, two_sample_t
from emotion.studies.statistics.resampling import Values
from emotion.studies.statistics.tables import PARTICIPANT, SECOND, expect_columns, expect_people, moments_of, step_of

THRESHOLD_P = 0.05
"""Moments whose t has a smaller two-sided p form clusters, unless another threshold is asked for."""

_ROUNDING = 1e-9
_AT_A_TIME = 2_000_000
"""Statistics in memory at a time."""


@dataclass(frozen=True)
class Cluster:
    """Neighbouring moments at which the conditions differ in one direction.

    Attributes:
        start_s: Start of its first moment, s.
        end_s: End of its last, s.
        first: Index of its first moment.
        last: Index of its last, included.
        mass: Sum of its t values; negative if the second condition is higher.
        difference: Mean difference of its moments, first − second condition.
        p: Share of permutations with a cluster of at least this mass in either direction, the observed one included.
    """

    start_s: float
    end_s: float
    first: int
    last: int
    mass: float
    difference: float
    p: float


@dataclass(frozen=True)
class ClusterTest:
    """A cluster permutation test.

    Attributes:
        measure: What is compared.
        a: Name of the first condition or group.
        b: Name of the second.
        paired: Whether the same people were in both.
        n_a: People in ``a``; of a paired test, people in both.
        n_b: People in ``b``.
        times: ``(moments,)`` starts of the moments, s.
        t: ``(moments,)`` t at each moment; NaN with fewer than two people.
        threshold: ``(moments,)`` above which |t| forms clusters.
        clusters: All clusters in order of time, reliable or not.
        permutations: Permutations that p-values come from.
        exact: Whether these were all of them.
    """

    measure: str
    a: str
    b: str
    paired: bool
    n_a: int
    n_b: int
    times: Values
    t: Values
    threshold: Values
    clusters: tuple[Cluster, ...]
    permutations: int
    exact: bool


def paired_clusters(
    a: ArrayLike,
    b: ArrayLike,
    times: ArrayLike,
    *,
    measure: str = "value",
    names: tuple[str, str] = ("A", "B"),
    threshold_p: float = THRESHOLD_P,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ClusterTest:
    """Compare two conditions of the same people at all moments, with sign flips of whole people.

    Assumes that under the null hypothesis a person's curve of differences is as likely as the same curve negated.

    Args:
        a: ``(n, moments)`` values in the first condition; NaN where a person has none.
        b: ``(n, moments)`` values of the same people in the second.
        times: ``(moments,)`` starts of the moments, s, evenly spaced.
        measure: Name of the measure.
        names: Names of the conditions.
        threshold_p: Two-sided p of the t that a moment needs to be part of a cluster.
        permutations: Largest number of sign flips.
        seed: Seed of the sign flips.

    Raises:
        InputError: Shapes differ, or fewer than two people have values in both conditions.
    """
    first, second, moments = _checked(a, b, times)
    if first.shape != second.shape:
        raise InputError(f"expected the same people in both conditions; got {len(first)} and {len(second)}")
    differences = first - second
    differences = differences[np.isfinite(differences).any(axis=1)]
    n = len(differences)
    expect_people(n, f"with values in both {names[0]} and {names[1]}")
    flips = sign_flips(n, permutations, seed)
    threshold = _threshold(np.isfinite(differences).sum(axis=0) - 1, threshold_p)
    t, largest = _masses(partial(paired_t, differences), flips.rows, threshold)
    clusters = _clusters(t, largest, threshold, moments, _nan_mean(differences))
    return ClusterTest(measure, *names, True, n, n, moments, t, threshold, clusters, len(flips), flips.exact)


def unpaired_clusters(
    a: ArrayLike,
    b: ArrayLike,
    times: ArrayLike,
    *,
    measure: str = "value",
    names: tuple[str, str] = ("A", "B"),
    threshold_p: float = THRESHOLD_P,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ClusterTest:
    """Compare two groups of people at all moments, by permuting who belongs to which, with Student's pooled t.

    Assumes that under the null hypothesis the curves of both groups have the same distribution.

    Args:
        a: ``(n, moments)`` values of the first group; NaN where a person has none.
        b: ``(m, moments)`` values of the second.
        times: ``(moments,)`` starts of the moments, s, evenly spaced.
        measure: Name of the measure.
        names: Names of the groups.
        threshold_p: Two-sided p of the t that a moment needs to be part of a cluster.
        permutations: Largest number of permutations.
        seed: Seed of the permutations.

    Raises:
        InputError: The moments differ, or a group has fewer than two people.
    """
    first, second, moments = _checked(a, b, times)
    first, second = (values[np.isfinite(values).any(axis=1)] for values in (first, second))
    for values, name in ((first, names[0]), (second, names[1])):
        expect_people(len(values), f"in {name}")
    labels = group_labels(len(first), len(second), permutations, seed)
    counts = np.isfinite(first).sum(axis=0) + np.isfinite(second).sum(axis=0)
    threshold = _threshold(counts - 2, threshold_p)
    statistic = partial(two_sample_t, np.vstack([first, second]), equal_variances=True)
    t, largest = _masses(statistic, labels.rows, threshold)
    clusters = _clusters(t, largest, threshold, moments, _nan_mean(first) - _nan_mean(second))
    return ClusterTest(
        measure, *names, False, len(first), len(second), moments, t, threshold, clusters, len(labels), labels.exact
    )


def cluster_contrast(
    table: pd.DataFrame,
    measure: str,
    *,
    by: str,
    names: tuple[str, str],
    paired: bool,
    threshold_p: float = THRESHOLD_P,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ClusterTest:
    """Compare two conditions or groups at all seconds of a long table.

    Args:
        table: participant × condition × second × measure; rows of the same person, condition and second are averaged.
        measure: Column to compare.
        by: Column with the conditions or groups.
        names: The two to compare.
        paired: Whether the same people were in both; those in one only are left out.
        threshold_p: As in :func:`paired_clusters`.
        permutations: As in :func:`paired_clusters`.
        seed: As in :func:`paired_clusters`.

    Raises:
        InputError: A column or condition is missing, or too few people are left.
    """
    expect_columns(table, [PARTICIPANT, by, SECOND, measure])
    rows = table[table[by].isin(names)]
    moments, _, _ = moments_of(rows, measure)
    sides = [_side(rows[rows[by] == name], measure, moments, (by, name)) for name in names]
    options: dict[str, Any] = {
        "measure": measure, "names": names, "threshold_p": threshold_p, "permutations": permutations, "seed": seed,
    }  # fmt: skip
    if not paired:
        shared = sides[0].index.intersection(sides[1].index)
        if len(shared):
            raise InputError(f"expected each person in one group of {by}; got {len(shared)} in both groups")
        return unpaired_clusters(sides[0].to_numpy(), sides[1].to_numpy(), moments, **options)
    people = sides[0].index.intersection(sides[1].index)
    first, second = (side.loc[people].to_numpy() for side in sides)
    return paired_clusters(first, second, moments, **options)


def largest_masses(t: Values, threshold: Values) -> Values:
    """Return the largest |mass| of each row's clusters, 0 where there is none.

    Args:
        t: ``(permutations, moments)``.
        threshold: ``(moments,)``.

    Returns:
        ``(permutations,)``.
    """
    largest = np.zeros(len(t))
    for sign in (1.0, -1.0):
        rows, _, _, masses = _runs(sign * t, threshold)
        np.maximum.at(largest, rows, masses)
    return largest


def _runs(t: Values, threshold: Values) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Values]:
    """Return row, first and last moment, and mass of each run of moments above the threshold."""
    above = np.pad(t > threshold, ((0, 0), (0, 1)))
    width = above.shape[1]
    edges = np.diff(above.ravel().astype(np.int8), prepend=0)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        none = np.zeros(0, np.intp)
        return none, none, none, np.zeros(0)
    values = np.where(above, np.pad(t, ((0, 0), (0, 1))), 0.0).ravel()
    masses = np.add.reduceat(values, np.column_stack([starts, ends]).ravel())[::2]
    return starts // width, starts % width, ends % width - 1, masses


def _masses(statistic: Callable[[Values], Values], rows: Values, threshold: Values) -> tuple[Values, Values]:
    """Return t of the observed row, and each row's largest mass, some rows at a time to save memory."""
    parts = np.array_split(rows, rows.shape[0] * len(threshold) // _AT_A_TIME + 1)
    largest = [largest_masses(statistic(part), threshold) for part in parts]
    return statistic(rows[:1])[0], np.concatenate(largest)


def _clusters(t: Values, largest: Values, threshold: Values, times: Values, differences: Values) -> tuple[Cluster, ...]:
    step = step_of(times)
    found = []
    for sign in (1.0, -1.0):
        _, firsts, lasts, masses = _runs(sign * t[None], threshold)
        for first, last, mass in zip(firsts.tolist(), lasts.tolist(), masses.tolist(), strict=True):
            p = float((largest >= mass * (1 - _ROUNDING)).mean())
            difference = float(differences[first : last + 1].mean())
            span = float(times[first]), float(times[last]) + step
            found.append(Cluster(*span, first, last, sign * mass, difference, p))
    return tuple(sorted(found, key=lambda cluster: cluster.first))


def _threshold(df: NDArray[np.intp], p: float) -> Values:
    """Return the |t| that has the two-sided p, ``(moments,)``; infinite where df is below 1."""
    return np.where(df > 0, stdtrit(np.maximum(df, 1), 1 - p / 2), np.inf)


def _nan_mean(values: Values) -> Values:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _checked(a: ArrayLike, b: ArrayLike, times: ArrayLike) -> tuple[Values, Values, Values]:
    first, second, moments = (np.asarray(each, np.float64) for each in (a, b, times))
    if first.ndim != 2 or second.ndim != 2 or {first.shape[1], second.shape[1]} != {len(moments)}:
        raise InputError(
            f"expected people × {len(moments)} moments of both conditions; got {first.shape} and {second.shape}"
        )
    return first, second, moments


def _side(rows: pd.DataFrame, measure: str, moments: Values, which: tuple[str, str]) -> pd.DataFrame:
    """Return people × moments of one condition, on the moments of both."""
    if rows.empty:
        raise InputError(f"expected rows with {which[0]} {which[1]}; got none")
    _, values, people = moments_of(rows, measure, moments=moments)
    return pd.DataFrame(values, index=people)
