"""Durations of frames, which weigh every figure, and the unbroken runs across which figures may follow time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COUNTED = "counted_s"
"""Column of an edited table of frames: how long each frame counts, in seconds; see :mod:`emotion.analytics.apply`."""


def frame_durations(time_s: pd.Series) -> NDArray[np.float64]:
    """Return how long each frame stands, in seconds: until the next one; the last one for the median of the others.

    Args:
        time_s: Presentation times of consecutive frames, in seconds. They need not be
            evenly spaced: phones record at a varying rate.
    """
    steps = np.diff(time_s.to_numpy(np.float64))
    last = float(np.median(steps)) if len(steps) else 0.0
    return np.append(steps, last)[: len(time_s)]


def counted_durations(frames: pd.DataFrame) -> NDArray[np.float64]:
    """Return how long each frame counts, in seconds: as long as it stands, less what edits exclude.

    Args:
        frames: A table of frames, edited or not.
    """
    return frames[COUNTED].to_numpy(np.float64) if COUNTED in frames else frame_durations(frames["time_s"])


def row_durations(timeline: pd.DataFrame, frames: pd.DataFrame) -> pd.Series:
    """Return for each row of the timeline how long its frame counts, in seconds."""
    durations = pd.Series(counted_durations(frames), index=frames["frame_index"].to_numpy())
    return timeline["frame_index"].map(durations)


def breaks_after(frames: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each frame whether something was cut out between it and the next one.

    Without exclusions every frame stands until the next one, so nothing was.
    """
    ends = frames["time_s"].to_numpy(np.float64) + counted_durations(frames)
    following = frames["time_s"].to_numpy(np.float64)[1:]
    # A microsecond, far below any frame's duration, absorbs rounding.
    return np.append(following - ends[:-1] > 1e-6, False)[: len(frames)]


def unbroken_runs(timeline: pd.DataFrame, frames: pd.DataFrame) -> pd.Series:
    """Return for each row the number of its unbroken stretch, from 1, in order of person and time.

    A stretch is one person in analysed frames that follow each other. It ends with a frame
    in which the person is not seen, and where an excluded span was cut out.

    Args:
        timeline: A timeline.
        frames: Its table of frames.

    Returns:
        Integers with the timeline's index.
    """
    cuts = np.append(0, breaks_after(frames).cumsum())[: len(frames)]
    place = pd.Series(np.arange(len(frames)) + cuts, index=frames["frame_index"].to_numpy())
    rows = timeline[["track_id"]].assign(place=timeline["frame_index"].map(place))
    rows = rows.sort_values(["track_id", "place"], kind="stable")
    starts = (rows["track_id"].diff() != 0) | (rows["place"].diff() != 1)
    return starts.cumsum().reindex(timeline.index)
