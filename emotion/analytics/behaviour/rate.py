"""The rate at which a person, or a video, was analysed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

MAX_GAP_S = 0.5
"""A longer step between frames is a gap, with nothing analysed or nobody in view, and not a low frame rate."""
_AROUND_S = 0.5


def frames_per_second(time_s: ArrayLike) -> float:
    """Return the analysed frames per second, by the median time between two; NaN for fewer than two frames.

    Args:
        time_s: ``(n,)`` rising times, s.
    """
    steps = np.diff(np.asarray(time_s, np.float64))
    return float(1 / max(np.median(steps), 1e-9)) if len(steps) else float("nan")


def local_rates(time_s: ArrayLike) -> NDArray[np.float64]:
    """Return the local frame rate at each frame: of the second around it, ``(n,)``; NaN without a neighbour.

    Gaps of more than :data:`MAX_GAP_S` are left out of that second.

    Args:
        time_s: ``(n,)`` rising times, s.
    """
    times = np.asarray(time_s, np.float64)
    if not len(times):
        return np.empty(0)
    steps = np.diff(times)
    near = steps <= MAX_GAP_S
    counts, seconds = (np.concatenate([[0.0], np.cumsum(each)]) for each in (near, np.where(near, steps, 0.0)))

    def around(total: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(times + _AROUND_S, times, total) - np.interp(times - _AROUND_S, times, total)

    analysed_s = around(seconds)
    return np.divide(around(counts), analysed_s, out=np.full(len(times), np.nan), where=analysed_s > 0)


def rates_of(timeline: pd.DataFrame, frames: pd.DataFrame | None = None) -> pd.Series:
    """Return the local frame rate (:func:`local_rates`) at each row of a timeline, with its index.

    Args:
        timeline: With ``time_s``.
        frames: Its table of frames; None if only those with a face are known.
    """
    times = np.unique((timeline if frames is None else frames)["time_s"].to_numpy(np.float64))
    rates = local_rates(times)
    places = np.searchsorted(times, timeline["time_s"].to_numpy(np.float64))
    return pd.Series(rates[places], index=timeline.index)
