"""Tracks of two people in one video on a regular grid of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from emotion.analytics.baseline import not_visible
from emotion.analytics.edits import Span
from emotion.errors import InputError, brief
from emotion.studies.rows import Rows
from emotion.studies.windows import Window

RATE_HZ = 10.0
"""Samples per second of the grid."""

MAX_GAP_S = 0.5
"""Gaps between known samples up to this length are interpolated; longer ones stay unknown, s."""

MIN_FRAMES_PER_S = 4.0
"""Least analysed frames per second: fewer do not show who moves first."""

NO_BASELINES: Mapping[int, Span] = MappingProxyType({})
_ROUNDING = 1e-6
Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PairTracks:
    """One measure of two people at the same times.

    Attributes:
        measure: Name of the measure.
        rate_hz: Samples per second.
        zero_s: The time in the video that is 0 in stimulus time, s.
        place: Number of samples from ``zero_s`` to the first sample; negative before it.
        first: ``(samples,)`` means of the first person in spans of ``1 / rate_hz`` s; NaN where unknown.
        second: The same of the second person.
        relative: Whether each person's mean at rest is subtracted.
    """

    measure: str
    rate_hz: float
    zero_s: float
    place: int
    first: Samples
    second: Samples
    relative: bool = False

    @property
    def time_s(self) -> Samples:
        """``(samples,)`` middle of each sample's span in the video, s."""
        places = np.arange(len(self.first), dtype=np.float64)
        return np.asarray(self.zero_s + (self.place + places + 0.5) / self.rate_hz, np.float64)

    @property
    def both(self) -> NDArray[np.bool_]:
        """``(samples,)`` whether both are known."""
        return np.isfinite(self.first) & np.isfinite(self.second)

    @property
    def both_s(self) -> float:
        """Time in which both are known, s."""
        return float(self.both.sum() / self.rate_hz)


def pair_tracks(
    rows: Rows,
    people: tuple[int, int],
    measure: str,
    *,
    window: Window | None = None,
    baselines: Mapping[int, Span] = NO_BASELINES,
) -> PairTracks:
    """Bring a measure of two people to one regular grid of times.

    Each sample is the mean over the frames that begin in its span. Unknown samples between known ones are interpolated
    linearly if the known ones are at most :data:`MAX_GAP_S` apart.

    Args:
        rows: An analysis with its edits applied, from :func:`emotion.studies.rows.rows_of`; smoothed or not.
        people: The tracks of two people.
        measure: One of the measures of ``rows``.
        window: The part of the video, with the time to which the grid is aligned; None for all of it.
        baselines: Track → a span in which the face is at rest, whose mean is subtracted; empty to subtract nothing.

    Raises:
        InputError: The two people are one, a person or the measure is unknown, one of them has no baseline while
            there are some or is not seen in it, or there are fewer than :data:`MIN_FRAMES_PER_S` analysed frames per
            second.
    """
    _check(rows, people, measure)
    if baselines and (without := [track for track in people if track not in baselines]):
        raise InputError(f"expected baselines of both people; got none of person {without[0]}")
    end_s = float(rows.frame_time_s[-1] + rows.frame_seconds[-1])
    window = Window(0.0, end_s, 0.0) if window is None else window
    place = int(np.floor((window.start_s - window.zero_s) * RATE_HZ + _ROUNDING))
    after = int(np.ceil((min(window.end_s, end_s) - window.zero_s) * RATE_HZ - _ROUNDING))
    count = max(after - place, 0)
    values = rows.values[:, rows.measures.index(measure)]
    first, second = (
        _filled(_samples(rows, values, track, window, place, count) - _rest(rows, values, track, baselines))
        for track in people
    )
    return PairTracks(measure, RATE_HZ, window.zero_s, place, first, second, bool(baselines))


def _check(rows: Rows, people: tuple[int, int], measure: str) -> None:
    there = sorted(set(rows.track.tolist()))
    if people[0] == people[1] or not set(people) <= set(there):
        have = ", ".join(map(str, there)) or "nobody"
        raise InputError(f"expected two different people of the video ({have}); got {people[0]} and {people[1]}")
    if measure not in rows.measures:
        raise InputError(f"expected a measure: {', '.join(rows.measures)}; got {brief(measure)!r}")
    steps = np.diff(rows.frame_time_s)
    rate = 1 / float(np.median(steps)) if len(steps) else 0.0
    if rate < MIN_FRAMES_PER_S - 0.05:  # rounded times turn 4 frames per second into 3.99
        raise InputError(f"expected at least {MIN_FRAMES_PER_S:g} analysed frames per second; got {rate:.2g}")


def _samples(rows: Rows, values: Samples, track: int, window: Window, place: int, count: int) -> Samples:
    """Return the mean of the person's rows in each span of the grid; NaN without any."""
    own = (rows.track == track) & np.isfinite(values) & (rows.time_s >= window.start_s) & (rows.time_s < window.end_s)
    spans = np.floor((rows.time_s[own] - window.zero_s) * RATE_HZ + _ROUNDING).astype(np.int64) - place
    inside = (spans >= 0) & (spans < count)
    totals = np.bincount(spans[inside], weights=values[own][inside], minlength=count)
    counts = np.bincount(spans[inside], minlength=count)
    return np.divide(totals, counts, out=np.full(count, np.nan), where=counts > 0)


def _rest(rows: Rows, values: Samples, track: int, baselines: Mapping[int, Span]) -> float:
    """Return the person's mean in their baseline, weighted by time; 0 without baselines."""
    if not baselines:
        return 0.0
    span = baselines[track]
    own = (rows.track == track) & np.isfinite(values) & (rows.time_s >= span.start_s) & (rows.time_s < span.end_s)
    if not rows.seconds[own].sum() > 0:
        raise not_visible(span)
    return float(np.average(values[own], weights=rows.seconds[own]))


def _filled(samples: Samples) -> Samples:
    """Interpolate gaps of up to :data:`MAX_GAP_S` between known samples."""
    known = np.flatnonzero(np.isfinite(samples))
    if len(known) < 2:
        return samples
    places = np.arange(len(samples))
    line = np.interp(places, known, samples[known], left=np.nan, right=np.nan)
    following = np.clip(np.searchsorted(known, places, side="left"), 1, len(known) - 1)
    short = known[following] - known[following - 1] <= MAX_GAP_S * RATE_HZ + _ROUNDING
    return np.where(np.isfinite(samples) | short, line, np.nan)
