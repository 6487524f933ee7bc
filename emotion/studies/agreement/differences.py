"""Where coders disagree: spans to step through, tables of codes against codes, and points that match."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from emotion.errors import InputError
from emotion.studies.agreement.codings import Codes, Codings
from emotion.studies.agreement.kappa import agreeing, cohens_kappa


def disagreements(codings: Codings, *, tolerance_s: float = 0.0, at_least_s: float = 0.0) -> pd.DataFrame:
    """Return the spans in which at least two coders disagree, to step through.

    Args:
        codings: Of at least two coders.
        tolerance_s: Codes of two coders agree if they are equal within this time, as in
            :func:`~emotion.studies.agreement.kappa.cohens_kappa`.
        at_least_s: Shortest span to list, s.

    Returns:
        ``participant``, ``start_s``, ``end_s``, and a column of codes for each coder; empty where one did not code. A
        span ends where a coder's code changes. In order of participants and time.
    """
    rows = []
    for person, units in codings.people.items():
        apart = _disagree(units, round(tolerance_s / codings.step_s))
        changed = np.r_[True, (np.diff(units, axis=1) != 0).any(axis=0) | np.diff(apart)]
        starts = np.flatnonzero(changed)
        for start, end in zip(starts, np.r_[starts[1:], units.shape[1]], strict=True):
            if apart[start] and (end - start) * codings.step_s >= at_least_s - 1e-9:
                named = [codings.codes[code] if code >= 0 else "" for code in units[:, start]]
                rows.append([person, start * codings.step_s, end * codings.step_s, *named])
    return pd.DataFrame(rows, columns=["participant", "start_s", "end_s", *codings.coders])


def kappa_table(codings: Codings, *, tolerance_s: float = 0.0) -> pd.DataFrame:
    """Return Cohen's κ of each pair of coders, the model among them.

    Returns:
        ``first``, ``second``, ``kappa``, ``low``, ``high``, ``observed``, ``expected``, ``people``, ``units``; pairs
        without a common unit have NaN and no units.
    """
    rows = []
    for first, second in itertools.combinations(codings.coders, 2):
        try:
            found = cohens_kappa(codings.pair(first, second), tolerance_s=tolerance_s)
            figures = [found.value, found.low, found.high, found.observed, found.expected, found.people, found.units]
        except InputError:
            figures = [np.nan] * 5 + [0, 0]
        rows.append([first, second, *figures])
    columns = ["first", "second", "kappa", "low", "high", "observed", "expected", "people", "units"]
    return pd.DataFrame(rows, columns=columns)


def code_table(codings: Codings) -> pd.DataFrame:
    """Return how many units two coders coded as what: rows the first coder's codes, columns the second's.

    Raises:
        InputError: There are not two coders.
    """
    if len(codings.coders) != 2:
        raise InputError(f"expected two coders; got {len(codings.coders)}")
    count = len(codings.codes)
    table = np.zeros((count, count), np.int64)
    for first, second in codings.people.values():
        both = (first >= 0) & (second >= 0)
        np.add.at(table, (first[both], second[both]), 1)
    return pd.DataFrame(table, list(codings.codes), list(codings.codes))


@dataclass(frozen=True)
class PointAgreement:
    """How well the points of two coders match.

    Attributes:
        matched: Pairs of points within the tolerance.
        first_only: Points of the first coder without a partner.
        second_only: Points of the second coder without one.
        share: 2 × matched ÷ all points, 0–1 (the F1 score of either against the other); NaN without points.
        mean_shift_s: Mean time of the second coder's point after the first's, of matched pairs; NaN without any.
    """

    matched: int
    first_only: int
    second_only: int
    share: float
    mean_shift_s: float


def match_points(first_s: ArrayLike, second_s: ArrayLike, tolerance_s: float) -> PointAgreement:
    """Match point codes of two coders in time, as many as possible, each at most once.

    Going through both in order of time and taking each earliest partner gives the largest number of pairs.

    Args:
        first_s: Times of the first coder's points, s.
        second_s: Times of the second coder's.
        tolerance_s: Longest time between the points of a pair, s.
    """
    first, second = np.sort(np.asarray(first_s, np.float64)), np.sort(np.asarray(second_s, np.float64))
    shifts, i, j = [], 0, 0
    while i < len(first) and j < len(second):
        shift = second[j] - first[i]
        if abs(shift) <= tolerance_s + 1e-9:
            shifts.append(shift)
            i, j = i + 1, j + 1
        elif shift > 0:
            i += 1
        else:
            j += 1
    every, matched = len(first) + len(second), len(shifts)
    share = 2 * matched / every if every else float("nan")
    shift_s = float(np.mean(shifts)) if shifts else float("nan")
    return PointAgreement(matched, len(first) - matched, len(second) - matched, share, shift_s)


def _disagree(units: Codes, tolerance: int) -> np.ndarray:
    """Return whether at least two coders disagree in each unit."""
    apart = np.zeros(units.shape[1], bool)
    for i in range(len(units)):
        for j in range(i + 1, len(units)):
            pair = units[[i, j]]
            apart |= (pair >= 0).all(axis=0) & ~agreeing(pair, tolerance)
    return apart
