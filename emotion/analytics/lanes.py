"""Prepares a timeline for drawing: one lane per person, averaged over spans of time.

Browsers draw a few thousand marks smoothly, not a few hundred thousand. A lane is empty where the person is not seen.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.abstention import required_rows
from emotion.analytics.durations import breaks_after, counted_durations, row_durations
from emotion.analytics.timeline import labels_of, probability_columns
from emotion.labels import display_order

MAX_ROWS = 4500
"""Marks of a timeline; with gaps and a cursor, they stay under the 5,000 that browsers draw smoothly."""

MAX_LANES = 8
MAX_EMPTY_SPANS = 200
_LANE_GAP = 0.08


def longest_seen(timeline: pd.DataFrame, limit: int = MAX_LANES) -> list[int]:
    """Return the track ids of up to ``limit`` people who are in most frames, in order of number."""
    return sorted(int(track) for track in timeline["track_id"].value_counts().head(limit).index)


def resample(timeline: pd.DataFrame, frames: pd.DataFrame, max_points: int, limit: float = 0.0) -> pd.DataFrame:
    """Return the mean probabilities of each person over equal spans of time.

    Args:
        timeline: A timeline.
        frames: Its table of frames.
        max_points: Maximum number of spans; with no more frames than that, each frame is a span.
        limit: The limit of unclear answers.

    Returns:
        One row per person and span in which they are seen: ``track_id``, ``start_s`` and ``end_s`` of their frames,
        ``span`` (its number), the probability columns, and ``required``, the mean limit.
    """
    columns = probability_columns(labels_of(timeline))
    of_frame = pd.Series(_spans(frames, max_points), index=frames["frame_index"].to_numpy())
    rows = timeline[["track_id", "time_s", *columns]].assign(
        required=required_rows(timeline, limit),
        span=timeline["frame_index"].map(of_frame),
        end_s=timeline["time_s"] + row_durations(timeline, frames),
    )
    how = {"start_s": ("time_s", "min"), "end_s": ("end_s", "max")} | {
        name: (name, "mean") for name in [*columns, "required"]
    }
    return rows.groupby(["track_id", "span"], as_index=False).agg(**how)


def _spans(frames: pd.DataFrame, max_points: int) -> np.ndarray:
    """Number the spans in order, skipping a number at excluded time."""
    times = frames["time_s"].to_numpy(np.float64)
    cuts = np.append(0, breaks_after(frames).cumsum()[:-1])[: len(times)]
    if len(times) <= max_points:
        return np.arange(len(times)) + cuts
    length = (times[-1] - times[0]) / max_points
    return np.minimum((times - times[0]) // length, max_points - 1).astype(np.int64) + cuts


def fit_to_screen(
    timeline: pd.DataFrame, frames: pd.DataFrame, tracks: list[int], limit: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of :func:`resample` and :func:`stacked_lanes`, as fine as :data:`MAX_ROWS` allows.

    Each span needs a corner per label, a point for the pointer and up to one piece of ribbon.
    """
    points = max(MAX_ROWS // (len(labels_of(timeline)) + 2), 1)
    while True:
        spans = resample(timeline[timeline["track_id"].isin(tracks)], frames, points, limit)
        corners = stacked_lanes(spans, tracks)
        if len(corners) + 2 * len(spans) <= MAX_ROWS or points == 1:
            return spans, corners
        points = points * 2 // 3


def stacked_lanes(spans: pd.DataFrame, tracks: list[int]) -> pd.DataFrame:
    """Return the long form of :func:`resample`'s table with the position of each probability in its lane.

    Returns:
        One row per corner of an area: ``time_s``, ``track_id``, ``run`` (uninterrupted run), ``emotion``, ``low`` and
        ``high``; lane i is between i and i + 1, and its probabilities are stacked in
        :func:`emotion.labels.display_order`.
    """
    columns = probability_columns(display_order(labels_of(spans)))
    rows = _with_run_ends(spans)
    heights = rows[columns].to_numpy(np.float64)
    tops = (1 - _LANE_GAP) * heights.cumsum(axis=1) / np.maximum(heights.sum(axis=1, keepdims=True), 1e-9)
    lane = rows["track_id"].map({track: place + _LANE_GAP / 2 for place, track in enumerate(tracks)}).to_numpy()
    parts = [
        rows[["time_s", "track_id", "run"]].assign(
            emotion=column[2:], low=lane + (tops[:, i - 1] if i else 0.0), high=lane + tops[:, i]
        )
        for i, column in enumerate(columns)
    ]
    return pd.concat(parts, ignore_index=True)


def _with_run_ends(spans: pd.DataFrame) -> pd.DataFrame:
    """Number the uninterrupted runs, and close each with a corner at its end, so that single frames have a width."""
    broken = (spans["span"].diff() != 1) | (spans["track_id"].diff() != 0)
    rows = spans.assign(run=broken.cumsum(), time_s=spans["start_s"])
    ends = rows.groupby("run").tail(1)
    return pd.concat([rows, ends.assign(time_s=ends["end_s"])]).sort_values(["run", "time_s"], kind="stable")


def unclear_spans(spans: pd.DataFrame) -> pd.DataFrame:
    """Return ``track_id``, ``start_s`` and ``end_s`` of unclear times in :func:`resample`'s table."""
    columns = probability_columns(labels_of(spans))
    unclear = spans[columns].max(axis=1) < spans["required"]
    broken = (spans["span"].diff() != 1) | (spans["track_id"].diff() != 0) | ~unclear
    found = spans[unclear].groupby(broken.cumsum()[unclear])
    how = {"track_id": ("track_id", "first"), "start_s": ("start_s", "min"), "end_s": ("end_s", "max")}
    return found.agg(**how).reset_index(drop=True)


def empty_spans(frames: pd.DataFrame) -> pd.DataFrame:
    """Return ``start_s`` and ``end_s`` of the times without a face, at most the longest :data:`MAX_EMPTY_SPANS`."""
    ends = frames["time_s"] + counted_durations(frames)
    empty = frames["faces"] == 0
    cut = pd.Series(breaks_after(frames), index=frames.index).shift(fill_value=False)
    run = ((empty != empty.shift()) | cut).cumsum()
    rows = pd.DataFrame({"start_s": frames["time_s"], "end_s": ends, "run": run})[empty]
    spans = rows.groupby("run").agg(start_s=("start_s", "min"), end_s=("end_s", "max"))
    longest = (spans["end_s"] - spans["start_s"]).nlargest(MAX_EMPTY_SPANS).index
    return spans.loc[spans.index.isin(longest)].reset_index(drop=True)
