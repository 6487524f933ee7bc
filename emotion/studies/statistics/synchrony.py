"""Synchrony of two tracks: windowed cross-correlation, who leads, and smiling together, against shuffled pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from emotion.errors import InputError
from emotion.studies.statistics.permutation import PERMUTATIONS
from emotion.studies.statistics.resampling import Values

WINDOW_S = 5.0
"""Length of a window, s."""

MAX_LAG_S = 2.0
"""Longest lag that is considered, s."""

MIN_SHARE = 0.8
"""Share of a window's samples that both tracks need."""

PairFigure = Callable[[Values, Values], float]
"""A figure of two tracks ``(samples,)`` at the same times; NaN if it has none."""


@dataclass(frozen=True)
class CrossCorrelation:
    """Correlation of two tracks in windows, at all lags (Boker et al. 2002).

    Attributes:
        times: ``(windows,)`` middle of the first track's window, s.
        lags: ``(lags,)`` how much later the second track's window is, s.
        r: ``(windows, lags)`` Pearson correlations; NaN where a track is constant or mostly missing.
    """

    times: Values
    lags: Values
    r: Values


@dataclass(frozen=True)
class Synchrony:
    """How two tracks go together.

    Attributes:
        strength: Mean over windows of the largest Fisher-transformed correlation over lags.
        at_lag_zero: Mean over windows of the Fisher-transformed correlation at no lag, as a correlation.
        lag_s: Lag at which the mean correlation is largest, s: over 0 if the first track leads.
        r: Mean correlation at that lag.
        first_leads: Share of windows whose largest correlation is at a lag over 0.
        second_leads: Share of windows with one below 0.
        windows: Number of windows with a correlation.
    """

    strength: float
    at_lag_zero: float
    lag_s: float
    r: float
    first_leads: float
    second_leads: float
    windows: int


@dataclass(frozen=True)
class ShuffledPairs:
    """A figure of real pairs against pairs of people who never met.

    Attributes:
        real: Mean figure of the real pairs.
        shuffled: Mean figure of all other pairs.
        p: Share of ways to pair people whose mean figure is at least that of the real one; one-sided.
        pairs: Number of real pairs.
        permutations: Pairings that p comes from, the real one included.
    """

    real: float
    shuffled: float
    p: float
    pairs: int
    permutations: int


def cross_correlation(
    first: ArrayLike,
    second: ArrayLike,
    rate_hz: float,
    *,
    window_s: float = WINDOW_S,
    max_lag_s: float = MAX_LAG_S,
    step_s: float = 1.0,
) -> CrossCorrelation:
    """Return the correlation of windows of one track with windows of the other that begin earlier and later.

    Args:
        first: ``(samples,)`` of a measure, such as the smile index; NaN where the face is not seen.
        second: ``(samples,)`` of the other person at the same times.
        rate_hz: Samples per second.
        window_s: Length of a window, s.
        max_lag_s: Longest lag in both directions, s.
        step_s: Time between windows, s.

    Raises:
        InputError: Lengths differ, or the tracks are shorter than a window with its lags.
    """
    a, b = _tracks(first, second)
    width, reach = max(round(window_s * rate_hz), 3), round(max_lag_s * rate_hz)
    starts = np.arange(reach, len(a) - width - reach + 1, max(round(step_s * rate_hz), 1))
    if not len(starts):
        raise InputError(
            f"expected tracks of at least {window_s + 2 * max_lag_s:g} s for a window of {window_s:g} s with lags up "
            f"to {max_lag_s:g} s; got {len(a) / rate_hz:g} s"
        )
    lags = np.arange(-reach, reach + 1)
    windows_a, windows_b = (np.lib.stride_tricks.sliding_window_view(each, width) for each in (a, b))
    r = np.stack([_correlations(windows_a[starts], windows_b[starts + lag]) for lag in lags], axis=1)
    return CrossCorrelation(np.asarray((starts + width / 2) / rate_hz, np.float64), lags / rate_hz, r)


def synchrony(found: CrossCorrelation) -> Synchrony:
    """Return strength, lag and leader of a cross-correlation.

    Correlations are averaged after Fisher's transformation.

    Raises:
        InputError: No window has a correlation.
    """
    known = np.isfinite(found.r).any(axis=1)
    if not known.any():
        raise InputError("expected tracks that vary and are seen at the same time; got no such window")
    z = np.arctanh(np.clip(found.r[known], -0.999999, 0.999999))
    filled = np.where(np.isfinite(z), z, -np.inf)
    peaks = found.lags[filled.argmax(axis=1)]
    zero = int(np.abs(found.lags).argmin())
    counts = np.isfinite(z).sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.where(counts > 0, np.where(np.isfinite(z), z, 0.0).sum(axis=0) / counts, -np.inf)
    best = int(mean.argmax())
    return Synchrony(
        float(filled.max(axis=1).mean()), float(np.tanh(mean[zero])), float(found.lags[best]),
        float(np.tanh(mean[best])), float((peaks > 0).mean()), float((peaks < 0).mean()), int(known.sum()),
    )  # fmt: skip


def correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Return Fisher's transformation of two tracks' correlation over the samples that both have; NaN if constant."""
    a, b = _tracks(first, second)
    r = float(_correlations(a[None], b[None], 0.0)[0])
    return float(np.arctanh(np.clip(r, -0.999999, 0.999999)))


def together(first: ArrayLike, second: ArrayLike, threshold: float) -> float:
    """Return the share of time in which both are over a threshold, such as smiling together.

    Args:
        first: ``(samples,)``; NaN where the face is not seen.
        second: ``(samples,)`` of the other person at the same times.
        threshold: Values over it count.

    Returns:
        0–1, of the samples that both have; NaN if there are none.
    """
    a, b = _tracks(first, second)
    known = np.isfinite(a) & np.isfinite(b)
    return float(((a > threshold) & (b > threshold))[known].mean()) if known.any() else float("nan")


def against_shuffled_pairs(
    first: ArrayLike,
    second: ArrayLike,
    figure: PairFigure = correlation,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ShuffledPairs:
    """Test whether real pairs go together more than pairs shuffled between them (Bernieri et al. 1988).

    Assumes that without synchrony, any first person's track could as well have met any second person's: all pairs
    watched or did the same, at the same times.

    Args:
        first: ``(pairs, samples)`` tracks of the first person of each pair.
        second: ``(pairs, samples)`` tracks of the second.
        figure: What is compared; larger is more synchronous.
        permutations: Largest number of random pairings beside the real one.
        seed: Seed of the pairings.

    Raises:
        InputError: Shapes differ, there are fewer than three pairs, or a real pair has no figure.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 2 or len(a) < 3:
        raise InputError(f"expected two tracks of each of at least three pairs; got {a.shape} and {b.shape}")
    table = np.array([[figure(one, other) for other in b] for one in a])
    real = np.diagonal(table)
    if not np.isfinite(real).all():
        raise InputError(
            f"expected a figure of every pair; got none of pair {int(np.flatnonzero(~np.isfinite(real))[0])}"
        )
    rng, pairs = np.random.default_rng(seed), len(table)
    orders = np.vstack([np.arange(pairs), rng.random((permutations, pairs)).argsort(axis=1)])
    means = np.nanmean(table[np.arange(pairs), orders], axis=1)
    others = table[~np.eye(pairs, dtype=bool)]
    p = float((means >= means[0] - 1e-12 * abs(means[0])).mean())
    return ShuffledPairs(float(real.mean()), float(np.nanmean(others)), p, pairs, len(means))


def against_shifts(
    first: ArrayLike, second: ArrayLike, figure: PairFigure = correlation, *, max_shifts: int | None = None
) -> ShuffledPairs:
    """Test one pair against the same tracks shifted in time, if there are no other pairs to shuffle it with.

    All circular shifts are used: without the short ones, which resemble the real pair, the test would find too much.
    Assumes that the tracks are stationary: with a trend or at a common start, shifted tracks differ from real ones even
    without synchrony.

    Args:
        first: ``(samples,)``.
        second: ``(samples,)`` at the same times.
        figure: What is compared; larger is more synchronous.
        max_shifts: Most shifts, spread evenly over all; None for all.

    Raises:
        InputError: Lengths differ, or the pair has no figure.
    """
    a, b = _tracks(first, second)
    shifts = np.arange(1, len(b))
    if max_shifts is not None and len(shifts) > max_shifts:
        shifts = np.linspace(1, len(b) - 1, max_shifts).round().astype(np.int64)
    real, others = figure(a, b), np.array([figure(a, np.roll(b, shift)) for shift in shifts])
    if not np.isfinite(real) or not np.isfinite(others).any():
        raise InputError("expected tracks that vary and are seen at the same time; got none")
    known = others[np.isfinite(others)]
    p = (1 + int((known >= real - 1e-12 * abs(real)).sum())) / (1 + len(known))
    return ShuffledPairs(float(real), float(known.mean()), float(p), 1, 1 + len(known))


def _tracks(first: ArrayLike, second: ArrayLike) -> tuple[Values, Values]:
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"expected two tracks of the same samples; got {a.shape} and {b.shape}")
    return a, b


def _correlations(a: Values, b: Values, share: float = MIN_SHARE) -> Values:
    """Return Pearson's r of each row ``(rows, samples)``, over the samples that both have."""
    known = np.isfinite(a) & np.isfinite(b)
    count = known.sum(axis=1)
    enough = (count >= share * a.shape[1]) & (count >= 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (_deviations(each, known, count) for each in (a, b))
        spread = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
        r = (first * second).sum(axis=1) / spread
    return np.asarray(np.where(enough & (spread > 0), r, np.nan))


def _deviations(values: Values, known: np.ndarray, count: np.ndarray) -> Values:
    filled = np.where(known, values, 0.0)
    apart = np.where(known, values - (filled.sum(axis=1) / count)[:, None], 0.0)
    size = np.abs(filled).max(axis=1, keepdims=True)
    return np.asarray(np.where(np.abs(apart) <= 1e-13 * size, 0.0, apart))
