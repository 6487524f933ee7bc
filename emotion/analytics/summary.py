"""Figures of an analysis: pure functions over its two tables, returned as plain JSON types.

Where the classifier has a limit of clear answers (:mod:`emotion.analytics.unclear`), unclear time has a
share of its own, and every other figure is of the clear answers alone: an unclear one counts as not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from emotion.analytics.durations import counted_durations, row_durations
from emotion.analytics.timeline import probability_columns
from emotion.analytics.unclear import answer_names, answers, unclear_rows
from emotion.labels import UNCLEAR
from emotion.types import Analysis

SMILE = "happiness"


def shares(
    timeline: pd.DataFrame, weights: pd.Series, labels: tuple[str, ...], unclear_below: float = 0.0
) -> dict[str, float]:
    """Return for each label the share of the faces' time during which it leads; all zero without a face.

    Args:
        timeline: A timeline, or some rows of one.
        weights: Seconds per row (:func:`row_durations`); rows count alike if they are all zero.
        labels: The label set, in order.
        unclear_below: Rows of less ``emotion_confidence`` count for :data:`UNCLEAR`, which then is the
            last key; with 0 there is no such key. All shares together are 1.
    """
    weights = weights if weights.sum() > 0 else pd.Series(1.0, index=timeline.index)
    names = answer_names(labels, unclear_below)
    time = weights.groupby(answers(timeline, unclear_below)).sum().reindex(list(names), fill_value=0.0)
    total = float(time.sum())
    return {name: float(time[name]) / total if total else 0.0 for name in names}


def dominant(parts: Mapping[str, float]) -> str | None:
    """Return the label with the largest share, UNCLEAR where no label has any, or None where there was no face."""
    label = max((name for name in parts if name != UNCLEAR), key=parts.__getitem__)
    if parts[label] > 0:
        return label
    return UNCLEAR if parts.get(UNCLEAR, 0.0) > 0 else None


def smile_index(timeline: pd.DataFrame, labels: tuple[str, ...]) -> float | None:
    """Return frames where happiness leads over frames with a face, 0–1; None without a face.

    Where a frame has several faces, the label leads that has the largest mean
    probability over them, so the index stays a share of frames.

    Args:
        timeline: The rows that count; :func:`summarise` gives the clear ones, so that its index is of
            the frames with a clear answer.
        labels: The label set, in order.
    """
    if timeline.empty or SMILE not in labels:
        return None
    means = timeline.groupby("frame_index")[probability_columns(labels)].mean()
    return float((means.idxmax(axis=1) == f"p_{SMILE}").mean())


def count_changes(timeline: pd.DataFrame) -> int:
    """Return how often the leading emotion differs from the same person's row before, of the rows given."""
    rows = timeline.sort_values(["track_id", "frame_index"])
    codes, tracks = rows["emotion"].cat.codes.to_numpy(), rows["track_id"].to_numpy()
    return int(((np.diff(codes) != 0) & (np.diff(tracks) == 0)).sum())


def _per_minute(count: int, seconds: float) -> float | None:
    return count * 60 / seconds if seconds > 0 else None


def _summarise_rows(
    rows: pd.DataFrame, weights: pd.Series, labels: tuple[str, ...], unclear_below: float
) -> dict[str, Any]:
    parts = shares(rows, weights, labels, unclear_below)
    clear = ~unclear_rows(rows, unclear_below)
    return {
        "shares": parts,
        "dominant": dominant(parts),
        "smile_index": smile_index(rows[clear], labels),
        "changes_per_minute": _per_minute(count_changes(rows[clear]), float(weights[clear].sum())),
    }


def _summarise_track(
    rows: pd.DataFrame, weights: pd.Series, labels: tuple[str, ...], unclear_below: float
) -> dict[str, Any]:
    return {
        "track_id": int(rows["track_id"].iloc[0]),
        "first_s": float(rows["time_s"].iloc[0]),
        "last_s": float(rows["time_s"].iloc[-1]),
        "frames": len(rows),
        "seconds": float(weights.sum()),
        **_summarise_rows(rows, weights, labels, unclear_below),
    }


def summarise(analysis: Analysis) -> dict[str, Any]:
    """Return the figures of a whole analysis and of each person in it.

    Shares are of the faces' time: two people who are seen for one second each make
    two seconds. Changes are counted per minute of a person being seen and read clearly.
    With ``analysis.unclear_below`` 0, every answer is clear.
    """
    timeline, frames, labels, limit = analysis.timeline, analysis.frames, analysis.labels, analysis.unclear_below
    weights = row_durations(timeline, frames)
    tracks = [
        _summarise_track(rows, weights.loc[rows.index], labels, limit)
        for _, rows in timeline.groupby("track_id", sort=True)
    ]
    with_face = int((frames["faces"] > 0).sum())
    return {
        "source": analysis.source,
        "model": analysis.model,
        "complete": analysis.complete,
        "duration_s": float(analysis.info.duration_s),
        "analysed_s": float(counted_durations(frames).sum()),
        "frames": len(frames),
        "frames_with_face": with_face,
        "frames_without_face": len(frames) - with_face,
        "unclear_below": limit,
        **_summarise_rows(timeline, weights, labels, limit),
        "tracks": tracks,
    }
