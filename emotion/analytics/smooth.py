"""Smooths the probabilities of a timeline in time.

Windows are in seconds of the frames' times, so a setting means the same at any frame rate. No window reaches across a
gap in which the person is out of view.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from emotion.analytics.durations import ROUNDING_S, unbroken_runs
from emotion.analytics.timeline import labels_of, probability_columns, with_leading_emotion
from emotion.types import Analysis

Method = Literal["mean", "median", "exponential"]
METHODS: tuple[Method, ...] = ("mean", "median", "exponential")


def smoothed(analysis: Analysis, method: Method = "mean", window_s: float = 0.5) -> Analysis:
    """Return the analysis with a smoothed timeline (:func:`smooth`)."""
    return replace(analysis, timeline=smooth(analysis.timeline, analysis.frames, method, window_s))


def smooth(
    timeline: pd.DataFrame, frames: pd.DataFrame, method: Method = "mean", window_s: float = 0.5
) -> pd.DataFrame:
    """Return a new timeline with smoothed probabilities and the leading emotion of these.

    Args:
        timeline: A timeline.
        frames: Its table of frames.
        method: ``"mean"`` or ``"median"`` of a window centred on each row, including both ends, or
            ``"exponential"``, which uses only past rows and so suits live use.
        window_s: Width of the window, s; the half-life for ``"exponential"``. 0 or less smooths nothing.
    """
    if window_s <= 0 or timeline.empty:
        return timeline.copy()
    columns = probability_columns(labels_of(timeline))
    smoothed = timeline.copy()
    for _, rows in timeline.groupby(unbroken_runs(timeline, frames)):
        values = _smooth_run(rows[columns].set_axis(pd.to_datetime(rows["time_s"], unit="s")), method, window_s)
        smoothed.loc[rows.index, columns] = values.to_numpy(np.float32)
    return with_leading_emotion(smoothed)


def _smooth_run(rows: pd.DataFrame, method: Method, window_s: float) -> pd.DataFrame:
    """Smooth one person's probabilities, indexed by time, and rescale rows to sum to 1."""
    if method == "exponential":
        return rows.ewm(halflife=pd.Timedelta(seconds=window_s), times=pd.Series(pd.DatetimeIndex(rows.index))).mean()
    # With only one of its ends, a window of two steps would be off centre by half a step. The tolerance keeps frames at
    # the ends, whose times are rounded.
    width = pd.Timedelta(seconds=window_s + 2 * ROUNDING_S)
    window = rows.rolling(width, center=True, min_periods=1, closed="both")
    if method == "mean":
        return _renormalise(window.mean(), rows)
    return _renormalise(window.median(), window.mean())


def _renormalise(values: pd.DataFrame, fallback: pd.DataFrame) -> pd.DataFrame:
    """Rescale rows to sum to 1; rows of zeros, as of medians of alternating labels, take the fallback's values."""
    values = values.clip(lower=0.0)
    values = values.where(values.sum(axis=1) > 1e-6, fallback)
    return values.div(values.sum(axis=1), axis=0)
