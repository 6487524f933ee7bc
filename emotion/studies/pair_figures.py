"""How the expressions of two people in one video go together: figures, tests and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from emotion.analytics.edits import Span
from emotion.errors import InputError
from emotion.studies.pair_tracks import NO_BASELINES, PairTracks, pair_tracks
from emotion.studies.rows import rows_of
from emotion.studies.statistics.resampling import Values
from emotion.studies.statistics.synchrony import (
    CrossCorrelation,
    PairFigure,
    ShuffledPairs,
    Synchrony,
    against_shifts,
    correlation,
    cross_correlation,
    synchrony,
    together,
)
from emotion.types import Analysis

SMILE = "happiness"
"""Measure of smiles: the probability of happiness."""

SMILE_OVER = 0.5
"""A face smiles if its probability of happiness is over this: no other expression can then lead."""

MAX_SHIFTS = 1_000
"""Maximum number of shifts in a test against shifted tracks."""

MIN_OVERLAP = 0.5
"""A shifted or shuffled pair only counts if it has this share of the real pair's common samples."""


@dataclass(frozen=True, slots=True, eq=False)
class SmilingTogether:
    """How much of the time two people smile together.

    Attributes:
        over: Probability of happiness over which a face smiles.
        share: Share of the time in which both smile, of the time in which both are seen, 0–1.
        chance: Share that is expected if one's smiles say nothing about the other's: the product of both shares.
        first: Share in which the first person smiles, of the time in which both are seen.
        second: Share in which the second person smiles.
        seconds: Time in which both are seen, s.
        p: One-sided p-value against the same tracks shifted in time; NaN if somebody never or always smiles.
        relative: Whether happiness counts from each person's baseline.
    """

    over: float
    share: float
    chance: float
    first: float
    second: float
    seconds: float
    p: float
    relative: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PairFigures:
    """How one measure of two people goes together.

    Attributes:
        tracks: The measure of both.
        windows: Correlation of windows at all lags.
        synchrony: Strength, lag and leader.
        r: Pearson's correlation of the whole tracks without lag.
        p: One-sided p-value of ``r`` against the same tracks shifted in time.
        shifts: Number of shifts of that test.
        smiles: Smiling together; None if smiles are unknown.
    """

    tracks: PairTracks
    windows: CrossCorrelation
    synchrony: Synchrony
    r: float
    p: float
    shifts: int
    smiles: SmilingTogether | None


def figures_of_pair(
    analysis: Analysis,
    people: tuple[int, int],
    measure: str,
    *,
    over: float = SMILE_OVER,
    baselines: Mapping[int, Span] = NO_BASELINES,
) -> PairFigures:
    """Return how one measure of two people of an analysis goes together, and how much they smile together.

    Args:
        analysis: With its edits applied; smoothed or not.
        people: Their tracks.
        measure: One of :func:`emotion.studies.measures.measures_of`.
        over: Probability of happiness over which a face smiles.
        baselines: Of both people, to subtract each one's mean at rest; empty to subtract nothing.

    Raises:
        InputError: The people, the measure, a baseline or ``over`` is wrong, there are too few frames per second, the
            tracks are too short, or in no window do both vary and are both seen.
    """
    rows = rows_of(analysis)
    tracks = pair_tracks(rows, people, measure, baselines=baselines)
    smiles = pair_tracks(rows, people, SMILE, baselines=baselines) if SMILE in rows.measures else None
    return pair_figures(tracks, smiles, over=over)


def pair_figures(tracks: PairTracks, smiles: PairTracks | None = None, *, over: float = SMILE_OVER) -> PairFigures:
    """Return how two tracks go together, tested against the same tracks shifted in time.

    Args:
        tracks: The measure of both people, from :func:`emotion.studies.pair_tracks.pair_tracks`.
        smiles: Their probabilities of happiness; None if unknown.
        over: Probability over which a face smiles.

    Raises:
        InputError: The tracks are too short, in no window do both vary and are both seen, or ``over`` is not between 0
            and 1.
    """
    windows, found = pair_synchrony(tracks)
    tested = _against_shifts(tracks, correlation)
    smiling = None if smiles is None else smiling_together(smiles, over)
    return PairFigures(tracks, windows, found, float(np.tanh(tested.real)), tested.p, tested.permutations - 1, smiling)


def pair_synchrony(tracks: PairTracks) -> tuple[CrossCorrelation, Synchrony]:
    """Return the windowed cross-correlation of two tracks, in the time of the video, and its figures.

    Raises:
        InputError: The tracks are too short, or in no window do both vary and are both seen.
    """
    found = cross_correlation(tracks.first, tracks.second, tracks.rate_hz)
    start_s = tracks.zero_s + tracks.place / tracks.rate_hz
    return CrossCorrelation(found.times + start_s, found.lags, found.r), synchrony(found)


def smiling_together(tracks: PairTracks, over: float = SMILE_OVER, *, tested: bool = True) -> SmilingTogether | None:
    """Return how much two people smile together; None if they are never seen at the same time.

    Args:
        tracks: Their probabilities of happiness.
        over: Probability over which a face smiles.
        tested: Whether to compute p.

    Raises:
        InputError: ``over`` is not between 0 and 1.
    """
    check_smile_over(over)
    both = tracks.both
    if not both.any():
        return None
    first, second = (float((each[both] > over).mean()) for each in (tracks.first, tracks.second))
    share = together(tracks.first, tracks.second, over)
    varies = 0 < first < 1 and 0 < second < 1
    p = _against_shifts(tracks, partial(together, threshold=over)).p if tested and varies else float("nan")
    return SmilingTogether(over, share, first * second, first, second, tracks.both_s, p, tracks.relative)


def check_smile_over(over: float) -> None:
    """Raise InputError unless a probability over which a face smiles is between 0 and 1."""
    if not 0 < over < 1:
        raise InputError(f"expected a probability of happiness between 0 and 1; got {over:g}")


def _against_shifts(tracks: PairTracks, figure: PairFigure) -> ShuffledPairs:
    """Test over the span from the first to the last moment with both people."""
    places = np.flatnonzero(tracks.both)
    span = slice(places[0], places[-1] + 1) if len(places) else slice(0)
    return against_shifts(
        tracks.first[span],
        tracks.second[span],
        partial(figure_of_enough, figure=figure, least=MIN_OVERLAP * len(places)),
        max_shifts=MAX_SHIFTS,
    )


def figure_of_enough(first: Values, second: Values, figure: PairFigure, least: float) -> float:
    """Return a figure of two tracks, or NaN if they have too few samples in common."""
    common = int((np.isfinite(first) & np.isfinite(second)).sum())
    return figure(first, second) if common >= least else float("nan")


def synchrony_columns(found: Synchrony) -> dict[str, float]:
    """Return the figures of a synchrony as columns of tables."""
    return {
        "strength": found.strength,
        "r_window": found.at_lag_zero,
        "lag_s": found.lag_s,
        "r_lag": found.r,
        "first_leads": found.first_leads,
        "second_leads": found.second_leads,
        "windows": found.windows,
    }


def smile_columns(found: SmilingTogether | None) -> dict[str, float]:
    """Return the figures of smiling together as columns of tables; NaN if unknown."""
    unknown = float("nan")
    return {
        "smile_over": unknown if found is None else found.over,
        "smiling_together": unknown if found is None else found.share,
        "smiling_by_chance": unknown if found is None else found.chance,
        "first_smiles": unknown if found is None else found.first,
        "second_smiles": unknown if found is None else found.second,
    }


def figures_row(found: PairFigures, names: tuple[str, str]) -> dict[str, Any]:
    """Return all figures of a pair as one flat row for tables and JSON; :data:`MEANINGS` explains them.

    Args:
        found: The figures.
        names: Names of the first and the second person.
    """
    return {
        "first": names[0],
        "second": names[1],
        "measure": found.tracks.measure,
        "seconds": found.tracks.both_s,
        "r": found.r,
        "p": found.p,
        **synchrony_columns(found.synchrony),
        **smile_columns(found.smiles),
        "smiling_p": float("nan") if found.smiles is None else found.smiles.p,
    }


def tracks_table(tracks: PairTracks) -> pd.DataFrame:
    """Return both tracks as ``time_s``, ``first`` and ``second``."""
    return pd.DataFrame({"time_s": tracks.time_s, "first": tracks.first, "second": tracks.second})


MEANINGS = {
    "seconds": "Time in which both are seen, s",
    "r": "Pearson's correlation of the whole tracks without lag",
    "p": "One-sided p-value of r against the same tracks shifted in time",
    "strength": "Mean over windows of the largest Fisher-transformed correlation at any lag",
    "r_window": "Mean correlation of windows without lag",
    "lag_s": "Lag at which the mean correlation is largest, s; over 0 if the first person leads",
    "r_lag": "Mean correlation at that lag",
    "first_leads": "Share of windows whose correlation is largest at a lag over 0",
    "second_leads": "Share of windows whose correlation is largest at a lag below 0",
    "windows": "Number of windows with a correlation",
    "smile_over": "Probability of happiness over which a face smiles",
    "smiling_together": "Share of the time with both people in which both smile",
    "smiling_by_chance": "Product of both people's shares of smiling",
    "first_smiles": "Share of the time with both people in which the first person smiles",
    "second_smiles": "Share of the time with both people in which the second person smiles",
    "smiling_p": "One-sided p-value of smiling together against the same tracks shifted in time",
}
"""Column of :func:`figures_row` → its meaning."""
