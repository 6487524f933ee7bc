"""A part of an analysis as an analysis of its own, so that every figure of the whole is a figure of the part too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion.analytics.apply import within
from emotion.analytics.durations import COUNTED, counted_durations, row_durations
from emotion.analytics.edits import Span
from emotion.analytics.timeline import probability_columns
from emotion.types import Analysis


def part_of(analysis: Analysis, span: Span | None = None, track: int | None = None) -> Analysis:
    """Return the frames that begin in a span, and in them one person or everybody.

    Args:
        analysis: Edited as you like.
        span: From its start on, before its end; None for all of the time. Times stay as they are;
            a frame that stands beyond the end counts until there.
        track: One person; None for everybody.
    """
    frames, timeline = analysis.frames, analysis.timeline
    if span is not None:
        counted = np.minimum(counted_durations(frames), span.end_s - frames["time_s"].to_numpy(np.float64))
        frames = frames.assign(**{COUNTED: counted})[within(frames["time_s"], [span])].reset_index(drop=True)
        timeline = timeline[within(timeline["time_s"], [span])].reset_index(drop=True)
    if track is not None:
        timeline = timeline[timeline["track_id"] == track].reset_index(drop=True)
        seen = frames["frame_index"].isin(timeline["frame_index"])
        frames = frames.assign(faces=seen.astype("int16"))
    return replace(analysis, frames=frames, timeline=timeline)


def mean_probabilities(analysis: Analysis) -> dict[str, float] | None:
    """Return the mean probability of each label over all faces, weighted by time, 0–1; None without a face."""
    if analysis.timeline.empty:
        return None
    seconds = row_durations(analysis.timeline, analysis.frames).to_numpy(np.float64)
    weights = seconds / seconds.sum() if seconds.sum() > 0 else np.full(len(seconds), 1 / len(seconds))
    values = analysis.timeline[probability_columns(analysis.labels)].to_numpy(np.float64)
    return dict(zip(analysis.labels, map(float, weights @ values), strict=True))
