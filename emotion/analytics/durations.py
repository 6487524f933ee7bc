"""Durations of frames, by which all figures are weighted, and uninterrupted runs of a person in view."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.edits import Span

COUNTED = "counted_s"
"""Column of an edited table of frames: counted duration, s; see :mod:`emotion.analytics.apply`."""

ROUNDING_S = 1e-6
"""Tolerance for sums and differences of times, s."""

_SHORTEST_PART_S = 1e-3
"""A frame that began before a span counts there only if it lasts longer into it, because spans may be rounded, s."""


def frame_durations(time_s: pd.Series) -> NDArray[np.float64]:
    """Return each frame's duration, s: the time until the next one, and for the last one the median of the others.

    Where the end of the video is known, :func:`emotion.analytics.apply.with_duration` corrects the last one. A single
    frame lasts 0 s here.

    Args:
        time_s: Display times of consecutive frames, s, possibly unevenly spaced.
    """
    steps = np.diff(time_s.to_numpy(np.float64))
    last = float(np.median(steps)) if len(steps) else 0.0
    return np.append(steps, last)[: len(time_s)]


def counted_durations(frames: pd.DataFrame) -> NDArray[np.float64]:
    """Return each frame's duration without time that edits exclude, s."""
    return frames[COUNTED].to_numpy(np.float64) if COUNTED in frames else frame_durations(frames["time_s"])


def row_durations(timeline: pd.DataFrame, frames: pd.DataFrame) -> pd.Series:
    """Return the counted duration of each timeline row's frame, s."""
    durations = pd.Series(counted_durations(frames), index=frames["frame_index"].to_numpy())
    return timeline["frame_index"].map(durations)


def clipped(
    starts_s: pd.Series | NDArray[np.float64], seconds: pd.Series | NDArray[np.float64], span: Span
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the parts of frames that lie in a span: their starts and durations, s, and which frames have one.

    Every figure of an event, a baseline or another part of an analysis counts frames in this way.

    Args:
        starts_s: ``(n,)`` times of the frames, s.
        seconds: ``(n,)`` how long they last, s.
        span: The span, exclusive of its end.
    """
    begins = np.asarray(starts_s, np.float64)
    ends = np.minimum(begins + np.asarray(seconds, np.float64), span.end_s)
    starts = np.maximum(begins, span.start_s)
    within = (begins >= span.start_s) & (begins < span.end_s)
    return starts, np.maximum(ends - starts, 0.0), within | (ends - starts > _SHORTEST_PART_S)


def weights_of(seconds: pd.Series, groups: pd.Series | pd.Index) -> pd.Series:
    """Return durations as weights; if all rows of a group last 0 s, each weighs 1.

    Args:
        seconds: Duration of each row, s.
        groups: The group of each row.
    """
    return seconds.where(seconds.groupby(groups).transform("sum") > 0, 1.0)


def sums_between(
    starts_s: NDArray[np.float64],
    ends_s: NDArray[np.float64],
    values: NDArray[np.float64],
    edges_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the sums of value × time between edges, ``(m, k)``.

    Args:
        starts_s: ``(n,)`` rising times at which each value begins to hold, s.
        ends_s: ``(n,)`` times until which it holds, none after the next start, s.
        values: ``(n, k)``.
        edges_s: ``(m + 1,)`` rising times, s.
    """
    if not len(starts_s):
        return np.zeros((len(edges_s) - 1, values.shape[1]))
    totals = np.vstack([np.zeros(values.shape[1]), np.cumsum(values * (ends_s - starts_s)[:, None], axis=0)])
    # The total grows while a value holds and stays the same between two of them.
    corners_s = np.column_stack([starts_s, ends_s]).ravel()
    heights = np.repeat(totals, 2, axis=0)[1:-1]
    return np.diff(np.column_stack([np.interp(edges_s, corners_s, column) for column in heights.T]), axis=0)


def breaks_after(frames: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each frame whether excluded time lies between it and the next one."""
    ends = frames["time_s"].to_numpy(np.float64) + counted_durations(frames)
    following = frames["time_s"].to_numpy(np.float64)[1:]
    return np.append(following - ends[:-1] > ROUNDING_S, False)[: len(frames)]


def unbroken_runs(timeline: pd.DataFrame, frames: pd.DataFrame) -> pd.Series:
    """Return the number of each row's uninterrupted run, from 1, by person and time, with the timeline's index.

    A run is one person in consecutive analysed frames. It ends if the person is out of view, and at excluded time.
    """
    cuts = np.append(0, breaks_after(frames).cumsum())[: len(frames)]
    place = pd.Series(np.arange(len(frames)) + cuts, index=frames["frame_index"].to_numpy())
    rows = timeline[["track_id"]].assign(place=timeline["frame_index"].map(place))
    rows = rows.sort_values(["track_id", "place"], kind="stable")
    starts = (rows["track_id"].diff() != 0) | (rows["place"].diff() != 1)
    return starts.cumsum().reindex(timeline.index)
