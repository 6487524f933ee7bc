"""Mean probability of each expression in equal spans of time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.durations import counted_durations, row_durations
from emotion.analytics.timeline import probability_columns
from emotion.types import Analysis

MAX_BINS = 120
"""Spans of a heat map; with eight labels, these are 960 marks of a few pixels each."""


def time_bins(time_s: pd.Series, edges: np.ndarray) -> np.ndarray:
    """Return the index of the span that contains each time, 0 to ``len(edges) - 2``."""
    places = np.searchsorted(edges, time_s.to_numpy(np.float64), side="right") - 1
    return np.clip(places, 0, len(edges) - 2)


def span_edges(frames: pd.DataFrame, bins: int) -> np.ndarray:
    """Return the ``(n + 1,)`` edges, s, of ``n`` equal spans over all frames; ``n`` is at most their number."""
    end = float(frames["time_s"].iloc[-1] + counted_durations(frames)[-1])
    return np.linspace(float(frames["time_s"].iloc[0]), end, max(min(bins, len(frames)), 1) + 1)


def binned_probabilities(analysis: Analysis, bins: int = MAX_BINS, track: int | None = None) -> pd.DataFrame:
    """Return the mean probability of each label in equal spans of time.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        bins: Number of spans, at most that of frames.
        track: One person; None for everybody, with each face weighted by its time.

    Returns:
        ``start_s``, ``end_s``, ``emotion``, ``probability`` (0–1) and ``seconds`` (of faces). Spans without a face
        have no row.
    """
    frames, timeline = analysis.frames, analysis.timeline
    rows = timeline if track is None else timeline[timeline["track_id"] == track]
    if rows.empty:
        return pd.DataFrame(columns=["start_s", "end_s", "emotion", "probability", "seconds"])
    edges = span_edges(frames, bins)
    weights = row_durations(rows, frames).to_numpy(np.float64)
    weights = weights if weights.sum() > 0 else np.ones(len(rows))
    columns = probability_columns(analysis.labels)
    place = time_bins(rows["time_s"], edges)
    sums = (rows[columns].astype("float64").mul(weights, axis=0)).groupby(place).sum()
    seconds = pd.Series(weights, index=rows.index).groupby(place).sum()
    means = sums.div(seconds, axis=0).set_axis(list(analysis.labels), axis=1)
    long = means.rename_axis("bin").reset_index().melt("bin", var_name="emotion", value_name="probability")
    bin_of = long["bin"].to_numpy(np.intp)
    long = long.assign(start_s=edges[bin_of], end_s=edges[bin_of + 1], seconds=long["bin"].map(seconds))
    return long[["start_s", "end_s", "emotion", "probability", "seconds"]]
