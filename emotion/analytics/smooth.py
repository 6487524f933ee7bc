"""Smoothing against flicker: a view of a timeline, never a change of it.

Windows are in seconds and follow the frames' own times, so the same setting means
the same thing at any frame rate and for every n-th frame. No window reaches across a
gap: what a face showed before it was lost says nothing about what it shows after.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from emotion.analytics.durations import unbroken_runs
from emotion.analytics.timeline import labels_of, probability_columns, with_leading_emotion
from emotion.types import Analysis

Method = Literal["mean", "median", "exponential"]
METHODS: tuple[Method, ...] = ("mean", "median", "exponential")


def smoothed(analysis: Analysis, method: Method = "mean", window_s: float = 0.5) -> Analysis:
    """Return the analysis with its timeline smoothed (:func:`smooth`); the raw one stays."""
    return replace(analysis, timeline=smooth(analysis.timeline, analysis.frames, method, window_s))


def smooth(
    timeline: pd.DataFrame, frames: pd.DataFrame, method: Method = "mean", window_s: float = 0.5
) -> pd.DataFrame:
    """Return the timeline with each person's probabilities smoothed and the leading emotion set anew.

    Args:
        timeline: A timeline; it stays as it is.
        frames: Its table of frames, which knows where a person is not seen.
        method: ``"mean"`` and ``"median"`` look at a window centred on each row;
            ``"exponential"`` looks back only, so it also suits live use.
        window_s: Width of the window in seconds; the half-life for ``"exponential"``.
            0 or less smooths nothing.
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
    """Smooth one person's probabilities, indexed by time; each row sums to 1 again."""
    width = pd.Timedelta(seconds=window_s)
    if method == "exponential":
        return rows.ewm(halflife=width, times=pd.Series(pd.DatetimeIndex(rows.index))).mean()
    window = rows.rolling(width, center=True, min_periods=1)
    if method == "mean":
        return _renormalise(window.mean(), rows)
    return _renormalise(window.median(), window.mean())


def _renormalise(values: pd.DataFrame, fallback: pd.DataFrame) -> pd.DataFrame:
    """Make rows sum to 1; a row of zeros (medians of labels that take turns) takes the fallback's values."""
    values = values.clip(lower=0.0)
    values = values.where(values.sum(axis=1) > 1e-6, fallback)
    return values.div(values.sum(axis=1), axis=0)
