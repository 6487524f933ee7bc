"""Views of an analysis: with edits applied, of a time span, or of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.durations import (
    COUNTED,
    ROUNDING_S,
    clipped,
    counted_durations,
    frame_durations,
    row_durations,
)
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.timeline import KEY, probability_columns, validate
from emotion.errors import InputError
from emotion.labels import in_display_order
from emotion.types import Analysis

_MOST_STEPS = 20
"""Longest plausible last frame, in usual steps: a stated length that implies a longer one is taken to be wrong.
:mod:`emotion.vision.decode.survey` has the same limit."""


def apply_edits(analysis: Analysis, edits: Edits) -> Analysis:
    """Return a new analysis with edits applied; the operation is idempotent.

    - Merged tracks become one. If both have a row in a frame, the more confident face is kept. ``similarity`` still
      refers to the reference face of the original track.
    - Hidden tracks are dropped; a frame that shows nobody else counts as one without a face.
    - The last frame counts until the end of the video or of the analysed part (:func:`with_duration`).
    - Frames that begin in an excluded span are dropped with their rows. A frame that extends into one counts until its
      start; the column ``counted_s`` of the frames has the duration that figures use as weight. Excluded moments have
      no duration and exclude nothing.

    Names, baselines and other events change no row.

    Raises:
        InputError: The merges form a cycle.
    """
    targets = merged_into(edits.merged)
    frames = _without_excluded(with_duration(analysis).frames, excluded_spans(edits.events))
    timeline = _merge(analysis.timeline, targets, edits.hidden)
    timeline = timeline[timeline["frame_index"].isin(frames["frame_index"])].reset_index(drop=True)
    counts = timeline["frame_index"].value_counts()
    faces = frames["frame_index"].map(counts).fillna(0).astype("int16")
    return replace(analysis, timeline=validate(timeline), frames=frames.assign(faces=faces))


def merged_into(merged: Mapping[int, int]) -> dict[int, int]:
    """Return merged track → the track that it finally belongs to, through all merges.

    Raises:
        InputError: The merges form a cycle.
    """
    return {track: _merge_target(track, merged) for track in merged}


def _merge_target(track: int, merged: Mapping[int, int]) -> int:
    path = [track]
    while path[-1] in merged:
        path.append(merged[path[-1]])
        if path[-1] in path[:-1]:
            steps = " → ".join(map(str, path))
            raise InputError(f"expected merges without a cycle; got {steps}")
    return path[-1]


def _merge(timeline: pd.DataFrame, targets: Mapping[int, int], hidden: frozenset[int]) -> pd.DataFrame:
    own = timeline["track_id"]
    whole = own.map(lambda track: targets.get(track, track)).astype(own.dtype)
    rows = timeline.assign(track_id=whole)[~(own.isin(hidden) | whole.isin(hidden))]
    # Stable: of equally confident faces, the one with the lower number is kept.
    best_first = rows.sort_values([*KEY, "face_confidence"], ascending=[True, True, False], kind="stable")
    return best_first.drop_duplicates(KEY)


def excluded_spans(events: Sequence[Event]) -> list[Span]:
    """Return the excluded spans, in order of time."""
    return sorted((event.span for event in events if event.excluded), key=lambda span: (span.start_s, span.end_s))


def within(time_s: pd.Series, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Return for each time whether it is in a span, exclusive of its end."""
    times = time_s.to_numpy(np.float64)
    held = np.zeros(len(times), np.bool_)
    for span in spans:
        held |= (times >= span.start_s) & (times < span.end_s)
    return held


def with_duration(analysis: Analysis) -> Analysis:
    """Return an analysis whose last frame lasts until the end of the video, or of the part that was analysed.

    Other frames last until the next one. The last one lasts for the usual step between frames if the end is unknown:
    if the analysis is incomplete, or the stated length of the video cannot be right. Edits need not be applied for
    this; :func:`apply_edits` does it, too.
    """
    frames = analysis.frames
    if frames.empty or COUNTED in frames:
        return analysis
    counted = frame_durations(frames["time_s"])
    last_s = _last_duration(analysis, float(counted[-1]))
    if abs(last_s - counted[-1]) <= ROUNDING_S:
        return analysis
    counted[-1] = last_s
    return replace(analysis, frames=frames.assign(**{COUNTED: counted}))


def _last_duration(analysis: Analysis, median_s: float) -> float:
    """Return the duration of the last frame, s; ``median_s`` is the median of the others, 0 without others."""
    settings, info = analysis.settings, analysis.info
    end_s = min(info.duration_s, settings.get("end_s") or info.duration_s)
    left_s = end_s - float(analysis.frames["time_s"].iloc[-1])
    usual_s = median_s if len(analysis.frames) > 1 else _sampled_step(analysis)
    if left_s <= 0:
        return usual_s
    return left_s if analysis.complete and left_s <= _MOST_STEPS * usual_s else min(usual_s, left_s)


def _sampled_step(analysis: Analysis) -> float:
    """Return the time between analysed frames that the settings ask for, s; 0 if the frame rate is unknown."""
    settings, fps = analysis.settings, analysis.info.fps
    return max(int(settings.get("every") or 1) / fps, 1 / (settings.get("fps") or fps)) if fps > 0 else 0.0


def _without_excluded(frames: pd.DataFrame, spans: Sequence[Span]) -> pd.DataFrame:
    if not spans:
        return frames
    starts = frames["time_s"].to_numpy(np.float64)
    counted = counted_durations(frames)
    for span in (span for span in spans if span.end_s > span.start_s):
        cut = (starts < span.start_s) & (starts + counted > span.start_s)
        counted = np.where(cut, span.start_s - starts, counted)
    kept = ~within(frames["time_s"], spans)
    return frames.assign(**{COUNTED: counted})[kept].reset_index(drop=True)


def part_of(analysis: Analysis, span: Span | None = None, track: int | None = None) -> Analysis:
    """Return the frames of a span, with one person or everybody. Times are not shifted.

    Args:
        analysis: With or without edits applied.
        span: The span, exclusive of its end; None for the whole analysis. A frame that lasts into the span begins with
            it, and one that lasts beyond it ends with it.
        track: One person; None for everybody.
    """
    frames, timeline = with_duration(analysis).frames, analysis.timeline
    if span is not None:
        starts, counted, shown = clipped(frames["time_s"], counted_durations(frames), span)
        frames = frames.assign(time_s=starts, **{COUNTED: counted})[shown].reset_index(drop=True)
        timeline = timeline[timeline["frame_index"].isin(frames["frame_index"])].reset_index(drop=True)
        timeline = timeline.assign(time_s=np.maximum(timeline["time_s"], span.start_s))
    if track is not None:
        timeline = timeline[timeline["track_id"] == track].reset_index(drop=True)
        seen = frames["frame_index"].isin(timeline["frame_index"])
        frames = frames.assign(faces=seen.astype("int16"))
    return replace(analysis, frames=frames, timeline=timeline)


def mean_probabilities(analysis: Analysis) -> dict[str, float] | None:
    """Return each label's mean probability over all faces, weighted by time, 0–1; None without a face."""
    if analysis.timeline.empty:
        return None
    seconds = row_durations(analysis.timeline, with_duration(analysis).frames).to_numpy(np.float64)
    weights = seconds / seconds.sum() if seconds.sum() > 0 else np.full(len(seconds), 1 / len(seconds))
    values = analysis.timeline[probability_columns(analysis.labels)].to_numpy(np.float64)
    return in_display_order(dict(zip(analysis.labels, map(float, weights @ values), strict=True)))
