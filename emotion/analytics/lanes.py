"""A timeline made ready for drawing: one lane per person, thinned out to what a screen can show.

A browser draws a few thousand marks smoothly, not a few hundred thousand, so a
long video is averaged over equal spans of time. Where a person is not seen,
their lane is empty.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.abstention import required_rows
from emotion.analytics.durations import breaks_after, counted_durations, row_durations
from emotion.analytics.timeline import labels_of, probability_columns
from emotion.labels import display_order

MAX_ROWS = 4500
"""Marks of a timeline: with gaps and a cursor still under the 5,000 that a browser draws smoothly."""

MAX_LANES = 8

_LANE_GAP = 0.08


def longest_seen(timeline: pd.DataFrame, limit: int = MAX_LANES) -> list[int]:
    """Return the numbers of the people who are seen in most frames, at most ``limit``, in order of number."""
    return sorted(int(track) for track in timeline["track_id"].value_counts().head(limit).index)


def resample(timeline: pd.DataFrame, frames: pd.DataFrame, max_points: int, limit: float = 0.0) -> pd.DataFrame:
    """Return the mean probabilities of each person over equal spans of time.

    Args:
        timeline: A timeline.
        frames: Its table of frames.
        max_points: Largest number of spans. Where there are no more frames than that, each frame is a span.
        limit: Below which answers are unclear.

    Returns:
        One row per person and span in which the person is seen: ``track_id``, ``start_s`` and
        ``end_s`` of what was seen, ``span`` (its number), the probability columns, and ``required``: what a clear
        answer needs on average.
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
    """Number the spans in order; a number is left out where excluded time lies between two of them."""
    times = frames["time_s"].to_numpy(np.float64)
    cuts = np.append(0, breaks_after(frames).cumsum()[:-1])[: len(times)]
    if len(times) <= max_points:
        return np.arange(len(times)) + cuts
    length = (times[-1] - times[0]) / max_points
    return np.minimum((times - times[0]) // length, max_points - 1).astype(np.int64) + cuts


def fit_to_screen(
    timeline: pd.DataFrame, frames: pd.DataFrame, tracks: list[int], limit: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return :func:`resample`'s table and its :func:`stacked_lanes`, as fine as :data:`MAX_ROWS` allows.

    A span makes a corner per label, a point that answers the pointer and up to one piece of ribbon.
    """
    points = max(MAX_ROWS // (len(labels_of(timeline)) + 2), 1)
    while True:
        spans = resample(timeline[timeline["track_id"].isin(tracks)], frames, points, limit)
        corners = stacked_lanes(spans, tracks)
        if len(corners) + 2 * len(spans) <= MAX_ROWS or points == 1:
            return spans, corners
        points = points * 2 // 3


def stacked_lanes(spans: pd.DataFrame, tracks: list[int]) -> pd.DataFrame:
    """Return the long form of :func:`resample`'s table with each probability's place in its lane.

    Returns:
        One row per corner of an area: ``time_s``, ``track_id``, ``run`` (unbroken stretch of being
        seen), ``emotion``, ``low`` and ``high``: lane i lies between i and i + 1, its probabilities
        stacked in :func:`emotion.labels.display_order`.
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
    """Number the unbroken runs and close each with a corner at its end, so that a single frame has a width too."""
    broken = (spans["span"].diff() != 1) | (spans["track_id"].diff() != 0)
    rows = spans.assign(run=broken.cumsum(), time_s=spans["start_s"])
    ends = rows.groupby("run").tail(1)
    return pd.concat([rows, ends.assign(time_s=ends["end_s"])]).sort_values(["run", "time_s"], kind="stable")


def unclear_spans(spans: pd.DataFrame) -> pd.DataFrame:
    """Return the stretches in which a person is seen but no expression's mean probability reaches the limit.

    Args:
        spans: Of :func:`resample`.

    Returns:
        ``track_id``, ``start_s`` and ``end_s`` of each, in order of person and time.
    """
    columns = [column for column in spans.columns if column.startswith("p_")]
    unclear = spans[columns].max(axis=1) < spans["required"]
    broken = (spans["span"].diff() != 1) | (spans["track_id"].diff() != 0) | ~unclear
    found = spans[unclear].groupby(broken.cumsum()[unclear])
    how = {"track_id": ("track_id", "first"), "start_s": ("start_s", "min"), "end_s": ("end_s", "max")}
    return found.agg(**how).reset_index(drop=True)


def empty_spans(frames: pd.DataFrame, max_spans: int = 200) -> pd.DataFrame:
    """Return the stretches without any face: ``start_s``, ``end_s``, the longest ones if there are very many."""
    ends = frames["time_s"] + counted_durations(frames)
    empty = frames["faces"] == 0
    cut = pd.Series(breaks_after(frames), index=frames.index).shift(fill_value=False)
    run = ((empty != empty.shift()) | cut).cumsum()
    rows = pd.DataFrame({"start_s": frames["time_s"], "end_s": ends, "run": run})[empty]
    spans = rows.groupby("run").agg(start_s=("start_s", "min"), end_s=("end_s", "max"))
    longest = (spans["end_s"] - spans["start_s"]).nlargest(max_spans).index
    return spans.loc[spans.index.isin(longest)].reset_index(drop=True)
